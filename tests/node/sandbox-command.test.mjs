// The command `graph8-sandbox`.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { Client, startSandbox } from 'graph8-crm';
import { ROOT } from './support.mjs';

const { bin } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
const COMMAND = join(ROOT, bin['graph8-sandbox']);

for (const signal of ['SIGINT', 'SIGTERM']) {
  test(`what it prints leads clients to it until ${signal} ends it`, async () => {
    const child = spawn(process.execPath, [COMMAND], { stdio: ['ignore', 'pipe', 'inherit'] });
    const variables = {};
    for await (const line of createInterface(child.stdout)) {
      const [, name, value] = /export (\w+)=(\S+)/.exec(line) ?? [];
      if (name) variables[name] = value;
      if (line.startsWith('Ctrl-C')) break;
    }
    const client = new Client({ apiKey: variables.G8_API_KEY, baseUrl: variables.G8_API_URL });
    const report = await client.pushContacts('hubspot', [{ email: 'ada@example.com' }]);
    assert.equal(report.pushed, 1);
    child.kill(signal);
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });
}

test('for programs it prints JSON and ends with its input', async () => {
  const child = spawn(process.execPath, [COMMAND, '--until-stdin-closes']);
  const [line] = await once(createInterface(child.stdout), 'line');
  assert.match(JSON.parse(line).url, /^http:\/\/127\.0\.0\.1:\d+$/);
  child.stdin.end();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

test('a port in use and a wrong option are one sentence', async () => {
  const sandbox = await startSandbox();
  const port = new URL(sandbox.url).port;
  for (const [args, code, words] of [
    [['--port', port], 1, `port ${port} is in use`],
    [['--nonsense'], 2, 'no such option: --nonsense'],
  ]) {
    const done = await new Promise((resolve) => {
      execFile(process.execPath, [COMMAND, ...args], (error, stdout, stderr) => {
        resolve({ code: error?.code, stdout, stderr });
      });
    });
    assert.equal(done.code, code);
    assert.equal(done.stdout, '');
    assert.ok(done.stderr.includes(words) && done.stderr.split('\n').length === 2, done.stderr);
  }
  await sandbox.stop();
});
