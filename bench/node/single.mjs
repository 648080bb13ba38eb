// Single calls of 100 contacts: how long one takes, and how many a second.
import { Client } from '../../bindings-node/dist/index.mjs';
import * as contacts from './contacts.mjs';
import { column, expect, given, handOver, inSteadyState, inTurns, table } from './measure.mjs';
import { peers, undici } from './peers.mjs';

const BATCH = 100;
const AT_ONCE = 8;
const COLUMNS = [
  column('p50 µs'),
  column('p99 µs'),
  column('calls/s, 1 at a time', { moreIsBetter: true }),
  column(`calls/s, ${AT_ONCE} at a time`, { moreIsBetter: true }),
];

const { url, calls, rounds } = given({ calls: 1_000, rounds: 7 });
const records = contacts.make(BATCH);
const client = new Client({ apiKey: 'bench', baseUrl: url, rateLimit: false });

/** Makes calls, some at a time; gives the milliseconds of each, and of all together. */
async function measure(name, call, calls, atOnce) {
  const latencies = [];
  const caller = async () => {
    for (let left = Math.floor(calls / atOnce); left > 0; left -= 1) {
      const started = performance.now();
      const pushed = await call(records);
      latencies.push(performance.now() - started);
      expect(name, pushed, BATCH);
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: atOnce }, caller));
  return [latencies, performance.now() - started];
}

function share(ordered, part) {
  return ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * part))];
}

const post = undici(url, AT_ONCE);
const ready = Buffer.from(JSON.stringify({ records }));
const contestants = [
  ['graph8-crm', async (records) => (await client.pushContacts('hubspot', records)).pushed],
  ...peers(url, AT_ONCE),
  ['undici, ready bytes', () => post(ready)],
];
for (const [name, call] of contestants) await measure(name, call, calls, AT_ONCE);
const rows = new Map(contestants.map(([name]) => [name, []]));
for (const [name, call] of inTurns(contestants, rounds)) {
  const [[latencies, alone], [others, together]] = await inSteadyState(async () => [
    await measure(name, call, calls, 1),
    await measure(name, call, calls, AT_ONCE),
  ]);
  latencies.sort((one, other) => one - other);
  rows
    .get(name)
    .push([
      share(latencies, 0.5) * 1e3,
      share(latencies, 0.99) * 1e3,
      (latencies.length / alone) * 1e3,
      (others.length / together) * 1e3,
    ]);
}
const title = `Calls of ${BATCH} contacts, ${calls.toLocaleString('en')} a round`;
handOver([table(title, COLUMNS, rows)]);
