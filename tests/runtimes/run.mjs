// Runs Node's test suite in other runtimes: by `make test-runtimes`, or for some, `node tests/runtimes/run.mjs bun deno`.
// With `--lean`, what touches a runtime most runs in two of them: by `make test`.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const HERE = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const ROOT = join(HERE, '../..');
const WORK = join(ROOT, '.runtimes');
const installed = (path) => join(WORK, 'node_modules', path);
const node = (binary) => ({
  binary,
  run: (files) => ['--test', '--test-concurrency', '2', '--test-reporter', 'tap', ...files],
  passed: /^# pass (\d+)$/m,
  failed: /^ *not ok \d+ - (.+?)(?: # .*)?$/gm,
});

const RUNTIMES = {
  here: node(process.execPath),
  'node-22': node(installed('node-22/bin/node')),
  'node-24': node(installed('node-24/bin/node')),
  'node-26': node(installed('node-26/bin/node')),
  bun: {
    binary: installed('@oven/bun-linux-x64/bin/bun'),
    run: (files) => ['test', '--timeout', '600000', ...files.map((file) => `./${file}`)],
    passed: /^\s*(\d+) pass$/m,
    failed: /^\(fail\) (.+?)(?: \[[\d.]+ms\])?$/gm,
  },
  deno: {
    binary: installed('@deno/linux-x64-glibc/deno'),
    run: (files) => ['test', '--allow-all', '--no-check', ...files],
    passed: /(\d+) passed/,
    failed: /^(.+?) \.\.\. FAILED/gm,
  },
};

/** The tests that a runtime is known to fail, and files not to be run there at all, each with the reason. */
const LEFT_OUT = JSON.parse(readFileSync(join(HERE, 'left-out.json'), 'utf8'));

/** Calls, callbacks, streams, iterators, signals and errors, as each runtime has its own. */
const LEAN = ['abort', 'client', 'events', 'failing-sources', 'graph8-rows', 'native'].concat([
  'no-records',
  'push',
  'push-options',
  'refusals',
  'sources',
  'stop',
]);

function output(command, flags, folder = ROOT) {
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
  const child = spawn(command, flags, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    const pieces = [];
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece) => pieces.push(piece));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, text: Buffer.concat(pieces).toString() }));
  });
}

async function install() {
  const wanted = readFileSync(join(HERE, 'package.json'), 'utf8');
  const stamp = join(WORK, 'installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK);
  for (const file of ['package.json', 'package-lock.json']) {
    writeFileSync(join(WORK, file), readFileSync(join(HERE, file)));
  }
  const quietly = ['--no-save', '--ignore-scripts', '--silent', '--no-audit', '--no-fund'];
  const { code, text } = await output('npm', ['install', ...quietly], WORK);
  if (code !== 0) throw new Error(`the runtimes can't be installed:\n${text}`);
  writeFileSync(stamp, wanted);
}

const isLean = process.argv.includes('--lean');
const asked = process.argv.slice(2).filter((name) => name !== '--lean');
const all = isLean ? ['node-24', 'bun'] : Object.keys(RUNTIMES);
const names = asked.length > 0 ? asked : all;
if (names.some((name) => name !== 'here')) await install();
const suite = (await readdir(join(ROOT, 'tests/node'))).filter(
  (name) => name.endsWith('.test.mjs') && (!isLean || LEAN.includes(name.split('.')[0])),
);
for (const name of names) {
  const { binary, run, passed, failed } = RUNTIMES[name];
  const known = LEFT_OUT[name] ?? {};
  const files = suite
    .map((file) => `tests/node/${file}`)
    .filter((file) => !Object.hasOwn(known, file));
  const { text: version } = await output(binary, ['--version']);
  const { code, text } = await output(binary, run(files));
  const count = Number(passed.exec(text)?.[1] ?? 0);
  const failing = [...new Set([...text.matchAll(failed)].map(([, test]) => test))];
  const wrong = failing.filter((test) => !Object.hasOwn(known, test));
  const asKnown = failing.length - wrong.length;
  const behind = asKnown > 0 ? `, ${asKnown} fail as known` : '';
  console.log(
    `${name} (${version.split('\n')[0]}): ${count} passed, ${wrong.length} failed${behind}`,
  );
  if (wrong.length > 0 || count < 40 || (code !== 0 && asKnown === 0)) {
    process.exitCode = 1;
    console.log(wrong.join('\n'));
    console.log(text.slice(-20_000));
  }
}
