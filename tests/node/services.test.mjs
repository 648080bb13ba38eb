// The recipe of docs/services.md in a process of its own: a deploy puts nothing in doubt.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { contacts, ROOT, sandboxOfFile, until } from './support.mjs';

const sandbox = await sandboxOfFile();

/** Says when the push takes in no more: nothing of the recipe would tell. */
const TOLD = `
import { subscribe } from 'node:diagnostics_channel';
subscribe('graph8-crm:push', ({ event }) => event === 'stop' && console.log('stopping'));
`;

/** Starts the service of the page, and gives its process, its lines and where it listens. */
async function service(folder) {
  const text = await readFile(join(ROOT, 'docs/services.md'), 'utf8');
  const [, block] = text.match(/```js\n\/\/ service.mjs\n(.*?)```/s);
  const file = join(folder, 'service.mjs');
  await writeFile(file, block + TOLD);
  const env = { ...process.env, G8_API_KEY: 'g8_sbx_demo', G8_API_URL: sandbox.url, PORT: '0' };
  const child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const address = (await lines.next()).value;
  return { child, lines, address };
}

const post = (address, more) =>
  fetch(`${address}/contacts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(contacts(1_000)),
    ...more,
  });

async function inFolder(work) {
  // Inside the package, which the recipe imports by its name.
  const folder = await mkdtemp(join(ROOT, 'tests/node/.service-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('Fastify: a deploy in the middle of a push puts nothing in doubt', () =>
  inFolder(async (folder) => {
    const { child, lines, address } = await service(folder);
    await sandbox.failNext('hold', { skip: 2, count: 20 });
    const answer = post(address);
    await until(async () => (await sandbox.held()) === 4);
    child.kill('SIGTERM');
    assert.equal((await lines.next()).value, 'stopping');
    await sandbox.release();
    const { status, json } = await answer.then(async (got) => ({
      status: got.status,
      json: await got.json(),
    }));
    assert.equal(status, 503);
    assert.equal(json.unknown, 0);
    assert.equal(json.pushed + json.notSent, 1_000);
    assert.equal((await sandbox.records('hubspot', 'contacts')).length, json.pushed);
    await until(() => child.exitCode !== null);
    assert.equal(child.exitCode, 0);
  }));

test('Fastify: who hangs up stops the push, and nothing is in doubt', () =>
  inFolder(async (folder) => {
    const { child, lines, address } = await service(folder);
    await sandbox.failNext('hold', { skip: 2, count: 20 });
    const hangUp = new AbortController();
    const answer = post(address, { signal: hangUp.signal }).catch((error) => error.name);
    await until(async () => (await sandbox.held()) === 4);
    hangUp.abort();
    assert.equal(await answer, 'AbortError');
    assert.equal((await lines.next()).value, 'stopping');
    await sandbox.release();
    const pushed = await lines.next();
    assert.match(pushed.value, /^stopped: \d+ pushed, 0 in doubt, \d+ not sent$/);
    child.kill('SIGTERM');
    await until(() => child.exitCode !== null);
  }));
