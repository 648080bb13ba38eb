// The Node blocks of the README and of docs/ run as written, from inside the package (self-reference).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;

async function outputOf(page) {
  const text = await readFile(join(here, '../..', page), 'utf8');
  const blocks = [...text.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1]);
  assert.equal(blocks.length, 1);
  const folder = await mkdtemp(join(here, '.readme-'));
  try {
    await writeFile(join(folder, 'quickstart.mjs'), blocks[0]);
    const { stdout } = await run(process.execPath, [join(folder, 'quickstart.mjs')]);
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('the README quick start runs as written', async () => {
  const stdout = await outputOf('README.md');
  assert.match(stdout, /^1 pushed, 1 failed\n1 failed /);
  assert.match(stdout, /not an address/);
});

test('the page on fields runs as written', async () => {
  assert.equal(await outputOf('docs/fields.md'), '65 Email true undefined\n');
});
