// The README's Node block runs as written, from inside the package (self-reference).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;

test('the README quick start runs as written', async () => {
  const readme = await readFile(join(here, '../../README.md'), 'utf8');
  const blocks = [...readme.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1]);
  assert.equal(blocks.length, 1);
  const folder = await mkdtemp(join(here, '.readme-'));
  try {
    await writeFile(join(folder, 'quickstart.mjs'), blocks[0]);
    const { stdout } = await run(process.execPath, [join(folder, 'quickstart.mjs')]);
    assert.match(stdout, /^1 pushed, 1 failed\n1 failed /);
    assert.match(stdout, /not an address/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
