// A push that is told to stop: what is under way answers, the rest is not sent, nothing is in doubt.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { AbortedError, ConfigError, PushStoppedError } from 'graph8-crm';
import { contacts, HANGS_MS, ROOT, rejection, sandboxOfFile, until } from './support.mjs';

const sandbox = await sandboxOfFile();
const client = sandbox.client();

const counts = ({ pushed, unknown, notSent }) => [pushed, unknown, notSent];
const held = async () => (await sandbox.records('hubspot', 'contacts')).length;

test('what is under way answers and the rest is not sent', async () => {
  await sandbox.failNext('hold', { count: 20 });
  const stop = new AbortController();
  const push = rejection(
    client.pushContacts('hubspot', contacts(1_000), {
      batchSize: 100,
      concurrency: 2,
      stopSignal: stop.signal,
    }),
  );
  await until(async () => (await sandbox.held()) === 2);
  stop.abort();
  await sandbox.release();
  const error = await push;
  assert.ok(error instanceof PushStoppedError);
  assert.match(error.message, /stopped by the caller/);
  assert.deepEqual(counts(error.report), [200, 0, 800]);
  assert.match(error.report.endedEarly, /stopped by the caller/);
  assert.equal(await held(), 200);
});

test('a push in one call of the addon obeys its stop signal', async () => {
  await sandbox.failNext('hold', { count: 2 });
  const stop = new AbortController();
  const push = client.pushContacts('hubspot', contacts(3), { stopSignal: stop.signal });
  await until(async () => (await sandbox.held()) === 1);
  stop.abort();
  await sandbox.release();
  // Every record was tried, so nothing is left to say.
  assert.deepEqual(counts(await push), [3, 0, 0]);
});

test('an async source that gives nothing does not hold the stop up', async () => {
  let wasLeft = false;
  async function* endless() {
    try {
      yield* contacts(250);
      await new Promise(() => {});
    } finally {
      wasLeft = true;
    }
  }
  const stop = new AbortController();
  const push = rejection(
    client.pushContacts('hubspot', endless(), { batchSize: 100, stopSignal: stop.signal }),
  );
  await until(async () => (await held()) === 200);
  stop.abort();
  const error = await push;
  assert.ok(error instanceof PushStoppedError);
  assert.deepEqual(counts(error.report), [200, 0, 50]);
  assert.equal(await held(), 200);
  // A generator ends only where it yields.
  assert.equal(wasLeft, false);
});

test('a push whose stop signal was aborted before sends nothing', async () => {
  const stopSignal = AbortSignal.abort();
  async function* source() {
    yield* contacts(3);
  }
  for (const records of [contacts(3), contacts(3_000), source()]) {
    const error = await rejection(client.pushContacts('hubspot', records, { stopSignal }));
    assert.ok(error instanceof PushStoppedError);
    assert.equal(error.report.pushed + error.report.unknown, 0);
  }
  assert.deepEqual(await sandbox.requests(), []);
});

test('what outlasts the grace is in doubt', async () => {
  await sandbox.failNext('hold', { count: 20 });
  const stop = new AbortController();
  const options = { batchSize: 100, concurrency: 2, stopSignal: stop.signal, graceMs: 10 };
  const push = rejection(client.pushContacts('hubspot', contacts(1_000), options));
  await until(async () => (await sandbox.held()) === 2);
  stop.abort();
  const error = await push;
  assert.ok(error instanceof PushStoppedError);
  assert.match(error.message, /2 requests had no answer within the grace of 0\.01 s/);
  assert.deepEqual(counts(error.report), [0, 200, 800]);
});

test('a stop is heeded while contacts are added to a list', async () => {
  await sandbox.addList('hubspot', { id: '7' });
  await sandbox.failNext('hold', { operation: 'push_lists' });
  const folder = await mkdtemp(join(tmpdir(), 'graph8-'));
  const options = { addToList: { listId: '7' }, journal: join(folder, 'contacts.journal') };
  const members = async () =>
    (await sandbox.lists('hubspot')).find(({ id }) => id === '7').members.length;
  try {
    const stop = new AbortController();
    const push = rejection(
      client.pushContacts('hubspot', contacts(250), { ...options, stopSignal: stop.signal }),
    );
    await until(async () => (await sandbox.held()) === 1);
    stop.abort();
    await sandbox.release();
    const error = await push;
    assert.ok(error instanceof PushStoppedError);
    assert.match(error.message, /150 contacts were not added to the list/);
    assert.deepEqual(counts(error.report), [250, 0, 0]);
    const { added, unknown, notSent } = error.report.addedToList;
    assert.deepEqual([added, unknown, notSent, await members()], [100, 0, 150, 100]);
    const report = await client.pushContacts('hubspot', contacts(250), options);
    assert.deepEqual([report.addedToList.added, await members()], [250, 250]);
    assert.equal(await held(), 250);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('an abort after the stop ends the push at once', async () => {
  await sandbox.failNext('hold', { count: 20 });
  const [stop, abort] = [new AbortController(), new AbortController()];
  const options = { batchSize: 100, stopSignal: stop.signal, signal: abort.signal };
  const push = rejection(client.pushContacts('hubspot', contacts(1_000), options));
  await until(async () => (await sandbox.held()) === 4);
  stop.abort();
  abort.abort();
  const error = await push;
  assert.ok(error instanceof AbortedError);
  assert.deepEqual(counts(error.report), [0, 400, 600]);
});

test('other things are refused as options that stop a push or tell of it', async () => {
  const wrong = {
    stopSignal: [{}, true, new AbortController()],
    graceMs: [-1, 'long', Number.NaN, {}],
    onProgress: [true, 'bar', {}],
    progress: ['bar', 1, () => {}],
    headers: ['a: b', ['a'], new Map([['a', 'b']]), new Headers({ a: 'b' }), { a: 1 }],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const options = { [name]: value };
      const error = await rejection(client.pushContacts('hubspot', contacts(1), options));
      assert.ok(error instanceof ConfigError, `${name} ${String(value)}`);
      assert.match(error.message, name === 'graceMs' ? /grace_?ms/i : new RegExp(name));
    }
  }
  assert.deepEqual(await sandbox.requests(), []);
});

test('a stop is told to the push channel', async () => {
  const told = [];
  const listen = (event) => told.push(event.event);
  subscribe('graph8-crm:push', listen);
  await rejection(
    client.pushContacts('hubspot', contacts(300), { stopSignal: AbortSignal.abort() }),
  );
  assert.ok(told.includes('stop'), told.join());
});

const SERVICE = `
  import { subscribe } from 'node:diagnostics_channel';
  import { Client } from 'graph8-crm';
  const [url, journal] = process.argv.slice(1);
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  subscribe('graph8-crm:push', ({ event }) => {
    if (event === 'stop') console.log('stopping');
  });
  const people = Array.from({ length: 1_000 }, (_, n) => ({ email: \`person\${n}@example.com\` }));
  const client = new Client({ apiKey: 'g8_sbx_demo', baseUrl: url });
  const options = { batchSize: 100, concurrency: 2, journal, stopSignal: stop.signal };
  const { pushed, unknown, notSent } = await client
    .pushContacts('hubspot', people, options)
    .catch((error) => error.report);
  console.log(pushed, unknown, notSent);
`;

test('a deploy in the middle of a push puts nothing in doubt', async () => {
  await sandbox.failNext('hold', { skip: 3, count: 2 });
  const folder = await mkdtemp(join(tmpdir(), 'graph8-'));
  const start = () => {
    const args = ['--input-type=module', '--eval', SERVICE];
    const journal = join(folder, 'contacts.journal');
    const options = { cwd: ROOT, timeout: HANGS_MS };
    return execFile(process.execPath, [...args, sandbox.url, journal], options);
  };
  try {
    const old = start();
    const lines = createInterface({ input: old.stdout })[Symbol.asyncIterator]();
    await until(async () => (await sandbox.held()) === 2);
    old.kill('SIGTERM');
    assert.equal((await lines.next()).value, 'stopping');
    await sandbox.release();
    assert.equal((await lines.next()).value, '500 0 500');
    assert.equal(await held(), 500);
    // The new process goes on.
    const next = createInterface({ input: start().stdout })[Symbol.asyncIterator]();
    assert.equal((await next.next()).value, '1000 0 0');
    const emails = (await sandbox.records('hubspot', 'contacts')).map(({ fields }) => fields.email);
    assert.equal(emails.length, 1_000);
    assert.equal(new Set(emails).size, 1_000);
  } finally {
    await rm(folder, { recursive: true });
  }
});
