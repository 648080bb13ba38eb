// The package in a process: module systems, exit, worker threads, a missing addon.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { startSandbox } from 'graph8-crm';
import { ROOT, rejection, runScript } from './support.mjs';

test('ESM and CommonJS load the same classes', async () => {
  const { stdout } = await runScript(`
    import { createRequire } from 'node:module';
    import * as esm from 'graph8-crm';
    const cjs = createRequire(import.meta.url)('graph8-crm');
    const names = Object.keys(cjs).sort();
    const same = names.every((name) => esm[name] === cjs[name]);
    console.log(same, names.join() === Object.keys(esm).sort().join());
  `);
  assert.equal(stdout, 'true true');
});

test('CommonJS can push', async () => {
  const script = `
    const { startSandbox } = require('graph8-crm');
    startSandbox().then(async (sandbox) => {
      const report = await sandbox.client().pushContacts('hubspot', [{ email: 'a@b.de' }]);
      console.log(report.pushed);
    });
  `;
  assert.equal((await runScript(script, { type: 'commonjs' })).stdout, '1');
});

test('a process with an idle client and a running sandbox ends by itself', async () => {
  const { stdout, stderr } = await runScript(`
    import { startSandbox } from 'graph8-crm';
    globalThis.sandbox = await startSandbox();
    globalThis.client = sandbox.client();
    await client.listSyncs();
    console.log('done');
  `);
  assert.equal(stdout, 'done');
  assert.equal(stderr, '');
});

test('a call under way keeps the process alive', async () => {
  const { stdout } = await runScript(`
    import { startSandbox } from 'graph8-crm';
    const sandbox = await startSandbox();
    await sandbox.failNext('delay', { ms: 300 });
    sandbox.client().listSyncs().then((syncs) => console.log(syncs.length));
  `);
  assert.equal(stdout, '5');
});

test('process.exit in the middle of a push ends cleanly', async () => {
  const { stdout, stderr } = await runScript(`
    import { startSandbox } from 'graph8-crm';
    const sandbox = await startSandbox();
    await sandbox.failNext('hold');
    sandbox.client().pushContacts('hubspot', [{ email: 'a@b.de' }]);
    while (await sandbox.held() === 0);
    console.log('leaving');
    process.exit(0);
  `);
  assert.equal(stdout, 'leaving');
  assert.equal(stderr, '');
});

test('an unhandled rejection shows the class and the caller', async () => {
  const error = await rejection(
    runScript(`
      import { Client } from 'graph8-crm';
      async function userCode() { await new Client({ apiKey: 'k' }).status('hubspott'); }
      await userCode();
    `),
  );
  assert.match(error.stderr, /ConfigError: unknown provider 'hubspott'/);
  assert.match(error.stderr, /at userCode /);
});

const IN_WORKER = `
  const { parentPort } = require('node:worker_threads');
  const { startSandbox } = require('graph8-crm');
  (async () => {
    const sandbox = await startSandbox();
    const report = await sandbox.client().pushContacts('hubspot', [{ email: 'a@b.de' }]);
    await sandbox.failNext('hold', { count: 2 });
    // Still pending when the worker is ended.
    sandbox.client().listSyncs().catch(() => {});
    sandbox.client().pushContacts('hubspot', [{ email: 'c@d.de' }]).catch(() => {});
    parentPort.postMessage(report.pushed);
  })();
`;

async function inWorker() {
  const worker = new Worker(IN_WORKER, { eval: true });
  const pushed = await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await worker.terminate();
  return pushed;
}

test('worker threads load, push and end with a call pending', async () => {
  assert.deepEqual(await Promise.all([inWorker(), inWorker(), inWorker()]), [1, 1, 1]);
  // Again, after those before have gone.
  assert.equal(await inWorker(), 1);
});

for (const [name, mainLoads] of [
  ['alone', false],
  ['beside a main thread that uses the package', true],
]) {
  test(`many workers ${name} end with calls pending and leave a process that ends`, async () => {
    const { stdout, stderr } = await runScript(`
      import { Worker } from 'node:worker_threads';
      if (${mainLoads}) await import('graph8-crm');
      const script = ${JSON.stringify(IN_WORKER)};
      async function round() {
        const worker = new Worker(script, { eval: true, execArgv: [] });
        const pushed = await new Promise((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
        });
        await worker.terminate();
        return pushed;
      }
      let sum = 0;
      for (let rounds = 0; rounds < 10; rounds += 1) {
        for (const pushed of await Promise.all([round(), round(), round()])) sum += pushed;
      }
      console.log(sum);
    `);
    assert.equal(stdout, '30');
    assert.equal(stderr, '');
  });
}

test('without files to open, calls are errors and the process lives', {
  skip: process.platform !== 'linux',
}, async () => {
  const sandbox = await startSandbox();
  const script = `
    const { Client } = require('graph8-crm');
    console.log('loaded');
    const call = () => new Client({ apiKey: '${sandbox.apiKey}', baseUrl: '${sandbox.url}' }).listSyncs();
    call().catch(call).then((syncs) => console.log(syncs.length), (error) => console.log(error.message));
  `;
  const seen = [];
  // Below the first, Node itself does not start.
  for (let files = 17; files < 30; files += 1) {
    const command = `ulimit -n ${files} && exec "$0" --input-type=commonjs --eval "$1"`;
    const options = { cwd: ROOT, env: { ...process.env, RUST_BACKTRACE: '0' } };
    const run = promisify(execFile)('sh', ['-c', command, process.execPath, script], options);
    const { stdout, code = 0 } = await run.catch((error) => error);
    const [loaded, ...said] = stdout.trim().split('\n');
    if (loaded !== 'loaded') continue;
    assert.deepEqual([code, said.length], [0, 1], `${files} files: ${stdout}`);
    seen.push(said[0]);
  }
  await sandbox.stop();
  assert.match(seen[0], /nothing was sent.*ulimit -n/);
  assert.equal(seen.at(-1), '5');
});

test('without an addon the error names the platform, the package and what to do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'graph8-crm-'));
  try {
    const dist = join(ROOT, 'bindings-node/dist');
    for (const name of await readdir(dist)) {
      if (name.endsWith('.js')) await cp(join(dist, name), join(folder, name));
    }
    const script = `
      try { require(${JSON.stringify(join(folder, 'index.js'))}) } catch (error) { console.log(error.message) }
    `;
    const { stdout } = await runScript(script, { type: 'commonjs' });
    assert.match(stdout, new RegExp(`for ${process.platform}-${process.arch} `));
    assert.match(stdout, /Install the package graph8-crm-/);
    assert.match(stdout, /npm install/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the quick start example runs', async () => {
  const { stdout } = await runScript(`await import('./examples/quickstart.mjs');`);
  assert.match(stdout, /pushed: 1,/);
  assert.match(stdout, /record 1: failed: /);
});
