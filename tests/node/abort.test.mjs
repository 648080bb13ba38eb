// AbortSignal: before a call, while it runs, while the source makes us wait.
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { AbortedError, Graph8Error } from 'graph8-crm';
import { contacts, rejection, sandboxOfFile, until } from './support.mjs';

const sandbox = await sandboxOfFile();
const client = sandbox.client();

test('an aborted signal rejects a read before any request', async () => {
  const reason = new Error('not needed any more');
  const signal = AbortSignal.abort(reason);
  const error = await rejection(client.listSyncs({ signal }));
  assert.ok(error instanceof AbortedError);
  assert.ok(error instanceof Graph8Error);
  assert.equal(error.name, 'AbortError');
  assert.equal(error.code, 'ABORT_ERR');
  assert.equal(error.kind, 'cancelled');
  assert.equal(error.cause, reason);
  assert.deepEqual(await sandbox.requests(), []);
});

test('an aborted signal rejects a push before any request, its records not sent', async () => {
  const signal = AbortSignal.abort();
  const error = await rejection(client.pushContacts('hubspot', contacts(250), { signal }));
  assert.ok(error instanceof AbortedError);
  assert.equal(error.report.records, 250);
  assert.equal(error.report.notSent, 250);
  assert.deepEqual(await sandbox.requests(), []);
});

test('an abort stops a read in flight at once', async () => {
  await sandbox.failNext('hold');
  const controller = new AbortController();
  const call = rejection(client.status('hubspot', { signal: controller.signal }));
  await until(async () => (await sandbox.held()) === 1);
  controller.abort();
  const error = await call;
  assert.ok(error instanceof AbortedError);
  await until(async () => (await sandbox.held()) === 0);
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
});

test('an abort stops a push in flight; the report says what is in doubt', async () => {
  await sandbox.failNext('hold', { skip: 1 });
  const controller = new AbortController();
  async function userCode() {
    await client.pushContacts('hubspot', contacts(350), {
      concurrency: 1,
      signal: controller.signal,
    });
  }
  const ended = rejection(userCode());
  await until(async () => (await sandbox.held()) === 1);
  controller.abort(new Error('shutting down'));
  const error = await ended;
  assert.ok(error instanceof AbortedError);
  assert.equal(error.cause.message, 'shutting down');
  assert.match(error.stack, /^AbortError: .*\n {4}at userCode /);
  const { report } = error;
  assert.deepEqual(
    [report.records, report.pushed, report.unknown, report.notSent],
    [350, 100, 100, 150],
  );
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
});

test("the caller's own onabort stays", async () => {
  const controller = new AbortController();
  let heard = 0;
  controller.signal.onabort = () => {
    heard += 1;
  };
  await client.listSyncs({ signal: controller.signal });
  controller.abort();
  assert.equal(heard, 1);
});

test('an abort ends the wait for a source that gives nothing', async () => {
  const controller = new AbortController();
  let closed = false;
  const source = {
    [Symbol.asyncIterator]: () => ({
      given: 0,
      next() {
        this.given += 1;
        const record = { email: `s${this.given}@example.com` };
        return this.given <= 120
          ? Promise.resolve({ value: record, done: false })
          : new Promise(() => {});
      },
      async return() {
        closed = true;
        return { value: undefined, done: true };
      },
    }),
  };
  const onProgress = ({ pushed }) => pushed === 100 && controller.abort();
  const error = await rejection(
    client.pushContacts('hubspot', source, { signal: controller.signal, onProgress }),
  );
  assert.ok(error instanceof AbortedError);
  assert.equal(error.report.records, 120);
  assert.equal(error.report.pushed, 100);
  assert.equal(error.report.notSent, 20);
  assert.equal(closed, true);
});

test('one signal on many calls at a time makes no warning of a leak', async () => {
  const warnings = [];
  const note = ({ name }) => warnings.push(name);
  process.on('warning', note);
  const { signal } = new AbortController();
  const other = sandbox.client();
  const calls = Array.from({ length: 30 }, (_, place) =>
    place % 2 === 0
      ? client.listSyncs({ signal })
      : other.pushContacts('hubspot', contacts(1), { signal }),
  );
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  await Promise.all(calls);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', note);
  assert.ok(!warnings.includes('MaxListenersExceededWarning'));
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('an abort after the end changes nothing', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const report = await client.pushContacts('hubspot', contacts(3), { signal });
  controller.abort();
  assert.equal(report.pushed, 3);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('a signal with a time-out aborts with its reason', async () => {
  await sandbox.failNext('hold');
  const signal = AbortSignal.timeout(100);
  const error = await rejection(client.fields('hubspot', 'contacts', { signal }));
  assert.ok(error instanceof AbortedError);
  assert.equal(error.cause.name, 'TimeoutError');
});

/** Aborts `signal` once a call waits after an answer with that status. */
function abortInAWait(controller, status) {
  const listen = (told) => {
    if (told.status === status) controller.abort();
  };
  subscribe('graph8-crm:wait', listen);
  subscribe('graph8-crm:request', listen);
  return () => {
    unsubscribe('graph8-crm:wait', listen);
    unsubscribe('graph8-crm:request', listen);
  };
}

test('an abort in a wait for the next try tells what the last try met', async () => {
  const headers = { 'Retry-After': '100' };
  for (const [status, call] of [
    [429, (signal) => client.status('hubspot', { signal })],
    [503, (signal) => client.fields('hubspot', 'contacts', { signal })],
    [429, (signal) => client.pushContacts('hubspot', contacts(3), { signal })],
  ]) {
    await sandbox.failNext('status', { status, headers });
    const controller = new AbortController();
    const end = abortInAWait(controller, status);
    const error = await rejection(call(controller.signal)).finally(end);
    assert.ok(error instanceof AbortedError);
    assert.match(error.lastFailure, new RegExp(String(status)));
    assert.ok(error.message.includes(error.lastFailure));
  }
});

test('an abort while a list waits for the search is told', async () => {
  await sandbox.addList('hubspot', { id: '7' });
  await sandbox.setSiblings({ indexLagMs: 3_600_000 });
  const controller = new AbortController();
  const push = rejection(
    client.pushContacts('hubspot', contacts(3), {
      addToList: { listId: '7' },
      signal: controller.signal,
    }),
  );
  const looks = ({ path }) => path.includes('lookup-by-email');
  await until(async () => (await sandbox.requests()).some(looks));
  controller.abort();
  const error = await push;
  assert.ok(error instanceof AbortedError);
  const { pushed, addedToList } = error.report;
  assert.deepEqual([pushed, addedToList.notFound, addedToList.notSent], [3, 0, 3]);
  assert.match(addedToList.endedEarly, /cancelled by the caller/);
  assert.equal(`${addedToList}`, '0 of 3 in the list 7');
});
