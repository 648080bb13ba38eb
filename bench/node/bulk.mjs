// Many contacts as plain objects, at most 4 requests at a time.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Client } from '../../bindings-node/dist/index.mjs';
import * as contacts from './contacts.mjs';
import { column, expect, given, handOver, inSteadyState, inTurns, table } from './measure.mjs';
import { peers } from './peers.mjs';

const BATCH_SIZES = [1_000, 100];
const CONCURRENCY = 4;
const WARM_UP = 10_000;
/** The event loop is asked how late it is so often. */
const RESOLUTION_MS = 1;
const COLUMNS = [
  column('records/s', { moreIsBetter: true }),
  column('CPU µs/record', { digits: 2 }),
  column('event loop delay, p99 ms', { digits: 2 }),
];

const { url, records: count, rounds } = given({ records: 1_000_000, rounds: 5 });
const records = contacts.make(count);
const client = new Client({ apiKey: 'bench', baseUrl: url, rateLimit: false });
const others = peers(url, CONCURRENCY);

async function push(records, batchSize) {
  const options = { batchSize, concurrency: CONCURRENCY };
  return (await client.pushContacts('hubspot', records, options)).pushed;
}

async function pushWith(post, records, batchSize) {
  let next = 0;
  let pushed = 0;
  const sender = async () => {
    while (next < records.length) {
      const batch = records.slice(next, next + batchSize);
      next += batchSize;
      const arrived = await post(batch);
      pushed += arrived;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, sender));
  return pushed;
}

async function measure(name, push, records) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const pushed = await push(records);
  const seconds = (performance.now() - started) / 1e3;
  const cpu = process.cpuUsage(cpuBefore);
  delay.disable();
  expect(name, pushed, records.length);
  return [
    records.length / seconds,
    (cpu.user + cpu.system) / records.length,
    // What is recorded is the time from one timer to the next.
    delay.percentile(99) / 1e6 - RESOLUTION_MS,
  ];
}

async function compare(batchSize) {
  const contestants = [
    ['graph8-crm', (records) => push(records, batchSize)],
    ...Array.from(others, ([name, post]) => [
      name,
      (records) => pushWith(post, records, batchSize),
    ]),
  ];
  for (const [name, push] of contestants) await measure(name, push, records.slice(0, WARM_UP));
  const rows = new Map(contestants.map(([name]) => [name, []]));
  for (const [name, push] of inTurns(contestants, rounds)) {
    rows.get(name).push(await inSteadyState(() => measure(name, push, records)));
  }
  const title = `${count.toLocaleString('en')} objects, ${batchSize.toLocaleString('en')} a request`;
  return table(title, COLUMNS, rows);
}

const tables = [];
for (const batchSize of BATCH_SIZES) tables.push(await compare(batchSize));
handOver(tables);
