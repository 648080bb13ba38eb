// Many objects checked before they are sent, beside validators of the same rules: those of
// bench/python/checking.py. One record in fifty is wrong; who finds another number of them ends the run.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { z } from 'zod';
import { Client } from '../../bindings-node/dist/index.mjs';
import * as contacts from './contacts.mjs';
import { column, expect, given, handOver, inSteadyState, inTurns, table } from './measure.mjs';

const WARM_UP = 10_000;
/** The event loop is asked how late it is so often. */
const RESOLUTION_MS = 1;
const COLUMNS = [
  column('records/s', { moreIsBetter: true }),
  column('CPU µs/record', { digits: 2 }),
  column('event loop delay, p99 ms', { digits: 2 }),
];
const EMAIL = /^[^@\s]+@[^@\s]+\.[^@\s.]+$/;
const LONGEST = 65_536;
const STAGES = ['lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'opportunity', 'customer'];
const TEXTS = Object.keys(contacts.contact(0)).filter(
  (name) => name !== 'email' && name !== 'lifecyclestage',
);

const { url, records: count, rounds } = given({ records: 1_000_000, rounds: 3 });
const records = made(count);
const client = new Client({ apiKey: 'bench', baseUrl: url ?? 'http://localhost:1' });

function made(count) {
  const records = contacts.make(count);
  for (const [number, record] of records.entries()) {
    if (number % 100 === 20) record.email = record.email.replace('@', ' at ');
    else if (number % 100 === 70) record.lifecyclestage = 'prospect';
  }
  for (const record of records) JSON.stringify(record);
  return records;
}

/** How many of the first records are wrong. */
function wrongOf(count) {
  return Math.floor((count + 79) / 100) + Math.floor((count + 29) / 100);
}

function ours() {
  const text = (slug) => ({ slug, name: slug, type: 'string', max_length: LONGEST });
  const fields = [
    { ...text('email'), format: 'email' },
    ...TEXTS.map(text),
    { slug: 'lifecyclestage', name: 'Lifecycle Stage', type: 'enumeration', options: STAGES },
  ];
  return async (records) =>
    (await client.checkContacts('hubspot', records, { fields })).recordsWithErrors;
}

function withAjv() {
  const text = { type: 'string', maxLength: LONGEST };
  const ajv = new Ajv.default({ allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile({
    type: 'object',
    properties: {
      email: { ...text, format: 'email' },
      ...Object.fromEntries(TEXTS.map((name) => [name, text])),
      lifecyclestage: { enum: STAGES },
    },
    required: ['email'],
    additionalProperties: false,
  });
  return (records) => {
    const problems = [];
    for (let number = 0; number < records.length; number += 1) {
      if (validate(records[number])) continue;
      for (const { instancePath, message } of validate.errors) {
        problems.push({ number, instancePath, message });
      }
    }
    return recordsOf(problems);
  };
}

function withZod() {
  const text = z.string().max(LONGEST);
  const schema = z.strictObject({
    email: text.regex(EMAIL),
    ...Object.fromEntries(TEXTS.map((name) => [name, text.optional()])),
    lifecyclestage: z.enum(STAGES).optional(),
  });
  return (records) => {
    const problems = [];
    for (let number = 0; number < records.length; number += 1) {
      const { success, error } = schema.safeParse(records[number]);
      if (success) continue;
      for (const { path, message } of error.issues) problems.push({ number, path, message });
    }
    return recordsOf(problems);
  };
}

/** How many records have a problem. */
function recordsOf(problems) {
  return new Set(problems.map(({ number }) => number)).size;
}

async function measure(name, find, records) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  // The monitor sees only what comes between two of its own timers.
  await new Promise((resolve) => setTimeout(resolve, 5));
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const wrong = await find(records);
  const seconds = (performance.now() - started) / 1e3;
  const cpu = process.cpuUsage(cpuBefore);
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.disable();
  expect(name, wrong, wrongOf(records.length));
  return [
    records.length / seconds,
    (cpu.user + cpu.system) / records.length,
    // What is recorded is the time from one timer to the next.
    Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS),
  ];
}

const contestants = [
  ['graph8-crm', ours()],
  ['ajv', withAjv()],
  ['zod', withZod()],
];
for (const [name, find] of contestants) await measure(name, find, records.slice(0, WARM_UP));
const rows = new Map(contestants.map(([name]) => [name, []]));
for (const [name, find] of inTurns(contestants, rounds)) {
  rows.get(name).push(await inSteadyState(() => measure(name, find, records)));
}
handOver([table(`${count.toLocaleString('en')} objects checked`, COLUMNS, rows)]);
