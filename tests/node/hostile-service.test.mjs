// A service that answers as no HTTP library would: the outcome, the requests, the memory.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { Client, Graph8Error, reportOf } from 'graph8-crm';
import { checkShown } from './canary.mjs';
import { HANGS_MS, ROOT, until } from './support.mjs';

const LETTERS = 'pfun';
const SIDE_BY_SIDE = 8;
/**
 * Time-outs that are to run out. On a busy machine a short one is over before the request has left:
 * then the next is tried.
 */
const SHORT_MS = [1_000, 4_000, 16_000, 64_000];
/** MiB above what was there before: eight answers of 16 MiB, and what decompresses them. */
const MOST_MEMORY = 256;

const cases = JSON.parse(await readFile(join(ROOT, 'tests/hostile/cases.json'), 'utf8'));
const service = await startService();

async function startService() {
  const flags = ['run', '--quiet', '--locked', '--package', 'graph8-hostile'];
  const child = spawn('cargo', flags, { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] });
  after(async () => {
    child.stdin.end();
    await once(child, 'exit');
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return JSON.parse(line);
}

async function outcome(promise) {
  try {
    return await promise;
  } catch (error) {
    if (!(error instanceof Graph8Error)) throw error;
    return error;
  }
}

function clientOf(service, name, patience = HANGS_MS) {
  return new Client({
    apiKey: 'g8_test_canary',
    baseUrl: `${service.ports[name] ?? service.url}/${name}`,
    caPem: service.authority_pem,
    rateLimit: false,
    connectTimeoutMs: patience,
    readTimeoutMs: patience,
    timeoutMs: patience,
  });
}

/** How often the service has read a whole request of this case, and seen a connection end. */
async function seenOf(service, name) {
  return (await fetch(`${service.url}/_seen/${name}`)).json();
}

function letters(report) {
  return [...report.outcomes].map((outcome) => LETTERS[outcome]).join('');
}

async function difference(expected) {
  let found;
  for (const patience of expected.times_out ? SHORT_MS : [HANGS_MS]) {
    found = await differenceIn(expected, patience);
    if (found.length === 0) break;
  }
  return found;
}

async function differenceIn(expected, patience) {
  const { name, padding = 0 } = expected;
  const before = (await seenOf(service, name)).requests;
  const client = clientOf(service, name, patience);
  const contacts = [
    { email: 'a@example.com', note: 'x'.repeat(padding) },
    { email: 'b@example.com' },
  ];
  // Both in one request, whatever their size.
  const pushed = await outcome(client.pushContacts('hubspot', contacts, { batchBytes: 2 ** 30 }));
  const report = pushed instanceof Graph8Error ? reportOf(pushed) : pushed;
  const seen = (await seenOf(service, name)).requests - before;
  const read = await outcome(client.listSyncs());
  for (const shown of [pushed, report, read, client]) checkShown(shown);
  const actual = {
    name,
    push: letters(report),
    requests: seen,
    read: read instanceof Graph8Error ? read.toJSON().kind : 'ok',
  };
  if (expected.says !== undefined) {
    const words = [...report.problems.map(({ message }) => message), String(pushed)].join(' | ');
    actual.says = words.includes(expected.says) ? expected.says : words;
  }
  if (padding > 0) actual.padding = padding;
  if (expected.times_out) actual.times_out = true;
  const is = JSON.stringify(actual);
  return is === JSON.stringify(expected) ? [] : [`${JSON.stringify(expected)} is ${is}`];
}

/** MiB of this process, by the line of the kernel's file. */
async function memory(name) {
  const status = await readFile('/proc/self/status', 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)[1]) / 1024;
}

test('each hostile answer ends in the right outcome, in bounded memory', async () => {
  const measured = process.platform === 'linux';
  // The peak is measured anew.
  if (measured) await writeFile('/proc/self/clear_refs', '5');
  const before = measured ? await memory('VmRSS') : 0;

  const waiting = cases.filter(({ padding }) => padding === undefined);
  const found = [];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      found.push(...(await difference(next)));
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));

  assert.deepEqual(found, []);
  assert.ok(cases.length >= 70, `only ${cases.length} cases`);
  if (measured) assert.ok((await memory('VmHWM')) - before < MOST_MEMORY);
});

// One after the other: the records themselves would be most of the memory.
test('each hostile answer to a body that is still written ends in the right outcome', async () => {
  const found = [];
  for (const expected of cases) {
    if (expected.padding !== undefined) found.push(...(await difference(expected)));
  }
  assert.deepEqual(found, []);
});

// It counts connections, and these cases begin with the first.
const fresh = await startService();
for (const [name, second, endedBefore] of [
  ['stray_answer', 'pp', 1],
  ['idle_then_gone', 'pp', 1],
  ['gone_when_reused', 'uu', 0],
]) {
  test(`a connection that is kept and then is ${name} brings no second create`, async () => {
    const client = clientOf(fresh, name);
    const outcomes = [];
    for (let number = 0; number < 2; number += 1) {
      const contacts = [0, 1].map((part) => ({ email: `${number}${part}@example.com` }));
      outcomes.push(letters(await client.pushContacts('hubspot', contacts)));
      // What comes behind the answer, or the hang-up, ends the connection before it is taken up again.
      await until(async () => (await seenOf(fresh, name)).ended >= endedBefore);
    }
    assert.deepEqual(outcomes, ['pp', second]);
    assert.equal((await seenOf(fresh, name)).requests, 2);
  });
}
