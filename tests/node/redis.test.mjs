// A rate limit that hosts share by a Redis. What becomes of pushes while it is away is tried in tests/python/test_redis.py.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError, RequestTimeoutError } from 'graph8-crm';
import { rejection, sandboxOfFile } from './support.mjs';

const sandbox = await sandboxOfFile();
const program = ['redis-server', 'valkey-server'].find((name) => {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});
const skip = program ? false : 'needs redis-server or valkey-server';
const PEOPLE = [{ email: 'ada@example.com' }, { email: 'bob@example.com' }];

/** A Redis of a test's own, which keeps what it knows when it is started again. */
async function startRedis(t) {
  const folder = await mkdtemp(join(tmpdir(), 'graph8-redis-'));
  const port = await freePort();
  let server;
  const start = async () => {
    const keeps = ['--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];
    const options = ['--port', `${port}`, '--bind', '127.0.0.1', ...keeps];
    server = spawn(program, options, { stdio: 'ignore' });
    while (!(await answers(port))) {
      assert.equal(server.exitCode, null, 'redis-server ended');
      await sleep(5);
    }
  };
  const stop = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  };
  await start();
  t.after(async () => {
    await stop();
    await rm(folder, { recursive: true });
  });
  return { url: `redis://127.0.0.1:${port}`, start, stop };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Whether it answers by now. */
async function answers(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [answer] = await once(socket, 'data');
    return `${answer}`.startsWith('+PONG');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test('clients that name one Redis share the limit', { skip }, async (t) => {
  const redis = await startRedis(t);
  const settings = {
    rateLimit: { perSecond: 2, perMinute: 2 },
    rateLimitStore: `${redis.url}/0?name=acme`,
  };
  const report = await sandbox.client(settings).pushContacts('hubspot', PEOPLE, { batchSize: 1 });
  assert.deepEqual([report.pushed, report.pacing], [2, 'shared']);
  const late = sandbox.client(settings).pushContacts('hubspot', PEOPLE, { deadlineMs: 500 });
  const error = await rejection(late);
  assert.ok(error instanceof RequestTimeoutError);
  assert.deepEqual([error.report.notSent, error.report.pacing], [2, 'shared']);
});

test('a Redis that can not be reached is refused with the first request', { skip }, async (t) => {
  const redis = await startRedis(t);
  await redis.stop();
  const rateLimitStore = redis.url.replace('//', '//:s3cret-pass@');
  const client = sandbox.client({ rateLimitStore });
  const error = await rejection(client.pushContacts('hubspot', PEOPLE));
  assert.ok(error instanceof ConfigError);
  assert.match(error.message, /rate limit store redis:\/\/127\.0\.0\.1:\d+ can't be reached/);
  assert.equal(error.report.notSent, 2);
  assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /s3cret/);
});

test('a push goes on alone while the Redis is away, and says so', { skip }, async (t) => {
  const redis = await startRedis(t);
  const told = [];
  const hear = (event) => event.event === 'pacing' && told.push(event);
  subscribe('graph8-crm:wait', hear);
  t.after(() => unsubscribe('graph8-crm:wait', hear));
  const names = (async function* () {
    for (let number = 0; number < 5; number += 1) yield { name: `before ${number}` };
    while ((await sandbox.requests()).length < 5) await sleep(5);
    await redis.stop();
    for (let number = 0; told.length === 0; number += 1) yield { name: `waits ${number}` };
    await redis.start();
    for (let number = 0; told.length === 1; number += 1) yield { name: `alone ${number}` };
  })();
  const client = sandbox.client({
    rateLimit: { perSecond: 50, perMinute: 1_000 },
    rateLimitStore: redis.url,
  });
  const report = await client.pushCompanies('pipedrive', names, { batchSize: 1 });
  assert.equal(report.pushed, report.records);
  assert.equal(report.pacing, 'shared');
  const there = (await sandbox.records('pipedrive', 'companies')).map(({ fields }) => fields.name);
  assert.equal(there.length, report.pushed);
  assert.equal(new Set(there).size, there.length);
  assert.deepEqual(
    told.map(({ pacing, store, clients }) => ({ pacing, store, clients })),
    [
      { pacing: 'alone', store: redis.url, clients: 1 },
      { pacing: 'shared', store: redis.url, clients: null },
    ],
  );
});
