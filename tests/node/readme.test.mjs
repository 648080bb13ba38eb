// The Node blocks of the README and of docs/ run as written, from inside the package (self-reference).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;

/** What the block of a page prints, its only one unless `of` says how many there are. */
async function printed(page, { number = 0, of = 1 } = {}) {
  const text = await readFile(join(here, '../..', page), 'utf8');
  const blocks = [...text.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1]);
  assert.equal(blocks.length, of);
  const folder = await mkdtemp(join(here, '.readme-'));
  try {
    await writeFile(join(folder, 'block.mjs'), blocks[number]);
    const { stdout } = await run(process.execPath, [join(folder, 'block.mjs')]);
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('the README quick start runs as written', async () => {
  const stdout = await printed('README.md');
  assert.match(stdout, /^247 pushed, 3 failed\n24 failed /);
  assert.match(stdout, /"n\/a" is no e-mail address/);
});

test('the page on fields runs as written', async () => {
  assert.equal(await printed('docs/fields.md'), '65 Email true undefined\n');
});

test('the look-up of docs/duplicates.md runs as written', async () => {
  const stdout = await printed('docs/duplicates.md');
  assert.equal(stdout, "[ '512345678001' ] [ 'bob@example.com' ]\n");
});

test('the change and the push of docs/lists.md run as written', async () => {
  assert.equal(await printed('docs/lists.md', { number: 0, of: 2 }), '1 pushed\n');
  assert.equal(await printed('docs/lists.md', { number: 1, of: 2 }), '1\n');
});

test('the repair of docs/repair.md runs as written', async () => {
  const [before, after] = (await printed('docs/repair.md')).split('\n');
  assert.match(before, /^1 of 3 contacts pushed to hubspot, 1 skipped, 1 failed: /);
  assert.match(after, /^2 of 3 contacts pushed to hubspot, 1 skipped: /);
});

test('the page on logs runs as written', async () => {
  const stdout = await printed('docs/observability.md', { of: 2 });
  assert.equal(stdout, 'push_contacts 200 string\n1 of 1 contacts pushed to hubspot 200\n');
});

test("npm's README runs as written", async () => {
  assert.equal(await printed('bindings-node/README.md'), '1 pushed, 1 failed\n1 failed\n');
});

test('the page on platforms runs as written', async () => {
  assert.equal(await printed('docs/platforms.md', { number: 1, of: 2 }), 'payment_required 1\n');
});

test('the recipe for OpenTelemetry makes spans and counts', async () => {
  const stdout = await printed('docs/observability.md', { number: 1, of: 2 });
  const counts = '1 pushed, 0 skipped, 1 failed, 0 unknown, 0 notSent';
  assert.equal(stdout, `POST 200 true\ntrue\n${counts}\n`);
});
