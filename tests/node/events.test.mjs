// What is published on diagnostics channels, and what goes with a call beside it.
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { Console } from 'node:console';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Client, ConfigError, ConnectionFailedError } from 'graph8-crm';
import { contacts, rejection, sandboxOfFile } from './support.mjs';

const sandbox = await sandboxOfFile();
const client = sandbox.client();

/** The events of a channel while `work` runs. */
async function heard(name, work) {
  const events = [];
  const listener = (event) => events.push(event);
  subscribe(`graph8-crm:${name}`, listener);
  try {
    await work();
  } finally {
    unsubscribe(`graph8-crm:${name}`, listener);
  }
  return events;
}

test('requests are published with their numbers', async () => {
  const push = () => client.pushContacts('hubspot', contacts(3));
  const [request, ...others] = await heard('request', push);
  assert.deepEqual(others, []);
  assert.equal(request.event, 'request');
  assert.deepEqual([request.operation, request.provider], ['push_contacts', 'hubspot']);
  assert.deepEqual([request.attempt, request.status, request.error], [1, 200, null]);
  assert.ok(request.bytesSent > 10 && request.bytesReceived > 10 && request.milliseconds > 0);
  assert.match(request.requestId, /^req_/);
  assert.ok(Object.isFrozen(request));
});

test('a push is published from its beginning to its end', async () => {
  const events = await heard('push', () => client.pushContacts('hubspot', contacts(2, 10)));
  assert.deepEqual(
    events.map(({ event }) => event),
    ['push_started', 'batch', 'push_ended'],
  );
  assert.equal(events[1].pushed, 2);
  assert.equal(events[2].notSent, 0);
});

test('a 429 is a wait', async () => {
  await sandbox.failNext('status', { status: 429 });
  const [wait] = await heard('wait', () => client.listSyncs());
  assert.deepEqual([wait.reason, wait.status], ['too_many_requests', 429]);
});

test('a read and graph8 rows that feed a push are published', async () => {
  const events = await heard('request', async () => {
    await client.fields('hubspot');
    await client.pushContacts('hubspot', client.graph8Contacts(), { form: 'graph8' });
  });
  assert.deepEqual(
    events.slice(0, 2).map(({ operation }) => operation),
    ['fields', 'graph8_contacts'],
  );
});

test('subscribers hear in the async context of the call', async () => {
  const storage = new AsyncLocalStorage();
  const stores = [];
  const listener = () => stores.push(storage.getStore());
  subscribe('graph8-crm:request', listener);
  try {
    await storage.run('mine', () => client.pushContacts('hubspot', contacts(1, 30)));
  } finally {
    unsubscribe('graph8-crm:request', listener);
  }
  assert.deepEqual(stores, ['mine']);
});

test('own headers travel, and none of ours can be replaced', async () => {
  const own = sandbox.client(undefined, { headers: { 'X-Team': 'blue' } });
  assert.equal((await own.listSyncs({ headers: { traceparent: '00-1-2-01' } })).length, 5);
  for (const headers of [
    { Authorization: 'x' },
    { 'idempotency-key': 'x' },
    { 'x-a': 'b\r\nc: d' },
  ]) {
    const error = await rejection(client.pushContacts('hubspot', contacts(1), { headers }));
    assert.ok(error instanceof ConfigError);
  }
  const error = await rejection(client.status('hubspot', { headers: { host: 'x' } }));
  assert.ok(error instanceof ConfigError);
});

test('a traceparent travels with every request of a push', async () => {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.traceparent);
    request.resume();
    request.on('end', () => {
      response.end('{"data":{"pushed_count":1,"failed_count":0,"errors":[]}}');
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  try {
    const own = new Client({ apiKey: 'k', baseUrl });
    const options = { batchSize: 1, headers: { traceparent } };
    assert.equal((await own.pushContacts('hubspot', contacts(3), options)).pushed, 3);
  } finally {
    server.close();
  }
  assert.deepEqual(seen, [traceparent, traceparent, traceparent]);
});

test('an error tells the code of its cause, the host, and the chain of causes', async () => {
  const nobody = new Client({ apiKey: 'k', baseUrl: 'http://127.0.0.1:1', rateLimit: false });
  const error = await rejection(nobody.listSyncs());
  assert.ok(error instanceof ConnectionFailedError);
  assert.deepEqual([error.code, error.host], ['ECONNREFUSED', '127.0.0.1']);
  let cause = error;
  while (cause.cause) cause = cause.cause;
  assert.notEqual(cause, error);
  assert.equal(cause.code, 'ECONNREFUSED');
  const late = nobody.pushContacts('hubspot', contacts(1), { deadlineMs: 200 });
  const { code, lastFailure } = await rejection(late);
  assert.equal(code, 'DEADLINE');
  assert.match(lastFailure, /127\.0\.0\.1/);
});

test('a report has its requests and is safe in logs', async () => {
  const unseen = { lastname: 'Unseen' };
  const records = [
    { email: 'no address', ...unseen },
    { email: 'a@example.com', ...unseen },
  ];
  const report = await client.pushContacts('hubspot', records);
  const [line] = report.requestLog;
  assert.deepEqual([line.firstIndex, line.records, line.status, line.attempts], [0, 2, 200, 1]);
  assert.match(line.requestId, /^req_/);
  assert.equal(report.failed, 1);
  const [problem] = JSON.parse(JSON.stringify(report)).problems;
  assert.equal('record' in problem, false);
  assert.deepEqual(report.toJSON({ records: true }).problems[0].record, records[0]);
  assert.equal(String(report), report.summary);
  const again = await client.pushContacts('hubspot', [records[1], records[1]], { unique: 'first' });
  assert.deepEqual([report.problems[0].record, again.skips[0].record], records);
  assert.deepEqual(again.toJSON({ records: true }).skips[0].record, records[1]);
  const results = [report, report.problems, again, again.skips];
  const shown = inspect(results, { depth: null });
  assert.match(shown, /Problem \{[^}]*index: 0/);
  assert.match(shown, /Skip \{[^}]*index: 1/);
  // What console.log, console.dir and console.table print, and what a logger of JSON writes.
  const printed = [];
  const output = new Writable({
    write(chunk, _encoding, done) {
      printed.push(String(chunk));
      done();
    },
  });
  const own = new Console(output);
  for (const result of results) {
    own.log(result);
    own.dir(result, { depth: null, showHidden: true });
    own.table(result);
    own.log(JSON.stringify(result));
  }
  assert.match(printed.join(''), /index/);
  assert.doesNotMatch(printed.join(''), /Unseen/);
  const both = report.merge(report);
  assert.deepEqual(
    both.requestLog.map(({ firstIndex }) => firstIndex),
    [0, 2],
  );
});
