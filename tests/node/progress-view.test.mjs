/** Progress that shows itself: a line on a terminal, else a line now and then. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { Graph8Error } from 'graph8-crm';
import { contacts, ROOT, rejection, sandboxOfFile } from './support.mjs';

const { lineOf, ProgressView } = createRequire(import.meta.url)(
  '../../bindings-node/dist/progress-view.js',
);
const sandbox = await sandboxOfFile();

const SOME = {
  records: 600,
  total: 1_000,
  pushed: 540,
  skipped: 0,
  failed: 5,
  unknown: 0,
  recordsPerSecond: 54.5,
  waiting: { reason: 'rate_limit', seconds: 12.2 },
  secondsLeft: 65.4,
};

class Terminal {
  isTTY = true;
  written = '';
  constructor(columns) {
    this.columns = columns;
  }
  write(text) {
    this.written += text;
  }
}

/** A program that pushes with `progress: true`. */
function program() {
  const code = `
    import { Client } from 'graph8-crm';
    const client = new Client({
      apiKey: 'g8_sbx_demo', baseUrl: '${sandbox.url}', rateLimit: { perSecond: 3, perMinute: 100 },
    });
    const people = Array.from({ length: 60 }, (_, n) => ({ email: 'p' + n + '@example.com' }));
    await client.pushContacts('hubspot', people, { batchSize: 10, progress: true });
  `;
  return [process.execPath, '--input-type=module', '-e', code];
}

/** What a program does and writes. */
function ran([command, ...parameters]) {
  const env = { ...process.env, TERM: 'xterm' };
  return spawnSync(command, parameters, { cwd: ROOT, encoding: 'utf8', env });
}

test('a line says what matters, and fits', () => {
  assert.equal(
    lineOf('contacts to zoho', SOME),
    'contacts to zoho: 54% 545/1,000 | 540 pushed, 5 failed | 1 min 5 s left | waits 12 s: rate limit | 54.5 records/s',
  );
  assert.equal(
    lineOf('contacts to zoho', SOME, 60),
    'contacts to zoho: 54% 545/1,000 | 540 pushed, 5 failed',
  );
  assert.equal(lineOf('contacts to zoho', SOME, 10).length, 10);
  const endless = { ...SOME, total: null, secondsLeft: null, waiting: null };
  assert.equal(
    lineOf('contacts to zoho', endless),
    'contacts to zoho: 545 records | 540 pushed, 5 failed | 54.5 records/s',
  );
});

test('a terminal has one line, which is written over and ended', () => {
  const terminal = new Terminal(200);
  const view = new ProgressView('contacts to zoho', terminal);
  view.show(SOME);
  view.show({ ...SOME, pushed: 995, waiting: null, secondsLeft: 0 });
  view.end();
  view.end();
  const lines = terminal.written.split('\r');
  assert.equal(terminal.written.match(/\n/g).length, 1);
  assert.ok(terminal.written.endsWith('\n'));
  assert.deepEqual([lines[0], lines.length], ['', 3]);
  // Nothing of the longer line before shows behind it.
  assert.ok(lines[2].length - 1 >= lines[1].length);
  const narrow = new Terminal(40);
  new ProgressView('contacts to zoho', narrow).show(SOME);
  assert.ok(narrow.written.length <= 40);
});

test('without a terminal it is a line now and then, and the last one', (t) => {
  let now = performance.now();
  t.mock.method(performance, 'now', () => now);
  const file = new Terminal();
  file.isTTY = false;
  const view = new ProgressView('contacts to zoho', file);
  for (let at = 0; at < 100; at += 0.1) {
    view.show(SOME);
    now += 100;
  }
  view.end();
  const lines = file.written.trim().split('\n');
  assert.ok(lines.length >= 18 && lines.length <= 22, String(lines.length));
  assert.ok(lines.every((line) => line.startsWith('graph8-crm: contacts to zoho: 54% 545/1,000')));
});

test('a program that writes to a file has whole lines', async () => {
  await sandbox.reset();
  const { stderr, stdout, status } = ran(program());
  assert.deepEqual([status, stdout], [0, '']);
  assert.match(stderr, /^graph8-crm: contacts to hubspot: 100% 60\/60 \| 60 pushed \| .*\n$/);
});

const HAS_SCRIPT = spawnSync('script', ['--version']).status === 0;

test('a program on a real terminal writes over its line', { skip: !HAS_SCRIPT }, async () => {
  await sandbox.reset();
  const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const command = program().map(quoted).join(' ');
  const { stdout, status } = ran(['script', '-qec', command, '/dev/null']);
  const lines = stdout.trimEnd().split('\r').filter(Boolean);
  assert.equal(status, 0);
  assert.ok(lines.length >= 3, stdout);
  assert.ok(
    lines.every((line) => line.startsWith('contacts to hubspot: ')),
    stdout,
  );
  assert.match(stdout, /waits \d s: rate limit/);
  assert.match(lines.at(-1), /100% 60\/60/);
});

test('both may be given, and a slow onProgress does not hold the line up', async (t) => {
  await sandbox.reset();
  let written = '';
  t.mock.method(process.stderr, 'write', (text) => {
    written += text;
    return true;
  });
  const seen = [];
  const client = sandbox.client();
  const onProgress = (snapshot) => seen.push(snapshot);
  const report = await client.pushContacts('hubspot', contacts(3), { progress: true, onProgress });
  assert.equal(report.pushed, 3);
  assert.equal(seen.at(-1).pushed, 3);
  assert.match(written, /contacts to hubspot: 100% 3\/3/);
  written = '';
  await client.pushContacts('hubspot', contacts(5).slice(3), { progress: false });
  assert.equal(written, '');
});

test('a push that fails ends its line', async (t) => {
  await sandbox.reset();
  let written = '';
  t.mock.method(process.stderr, 'write', (text) => {
    written += text;
    return true;
  });
  const source = async function* () {
    yield* contacts(3);
    throw new Error('the source broke');
  };
  const failed = sandbox.client().pushContacts('hubspot', source(), { progress: true });
  await rejection(failed);
  assert.match(written, /contacts to hubspot: 3 records.*\n$/);
  const options = { progress: 'yes' };
  const wrong = await rejection(sandbox.client().pushContacts('hubspot', [], options));
  assert.ok(wrong instanceof Graph8Error);
  assert.match(wrong.message, /progress is not true or false/);
});
