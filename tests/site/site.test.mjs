// The built site in a browser, read from the disk: run by `make docs`.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const SITE = fileURLToPath(new URL('../../site', import.meta.url));
/** Milliseconds that only what hangs takes, however busy the machine. */
const HANGS_MS = 300_000;
const OF_OTHER_PROGRAMS = ['reference/node/', 'reference/rust/'];
const SOME_OF_THEIRS = ['node/index', 'node/classes/Client', 'rust/graph8_crm/struct.Client'];
const PAGES = readdirSync(SITE, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.html'))
  .map((entry) => relative(SITE, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
  .filter((page) => !OF_OTHER_PROGRAMS.some((folder) => page.startsWith(folder)))
  .concat(SOME_OF_THEIRS.map((page) => `reference/${page}.html`));

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, timeout: HANGS_MS });
});
after(() => browser?.close());

/** A page of a browser, and what went wrong in it. */
async function opened(options) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(HANGS_MS);
  const page = await context.newPage();
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(`${page.url()}: ${error.message}`));
  page.on('request', (request) => {
    if (!/^(file|data|blob):/.test(request.url())) wrong.push(`${page.url()}: ${request.url()}`);
  });
  return { page, wrong, close: () => context.close() };
}

const address = (page) => pathToFileURL(join(SITE, page)).href;

for (const [name, options] of [
  ['on a desk', { viewport: { width: 1280, height: 900 } }],
  ['on a phone, dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
]) {
  test(`no page ${name} asks for anything from elsewhere or is wider than the screen`, async () => {
    assert.ok(PAGES.length > 40);
    const { page, wrong, close } = await opened(options);
    for (const each of PAGES) {
      await page.goto(address(each));
      const [width, screen] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        window.innerWidth,
      ]);
      if (width > screen) wrong.push(`${each} is ${width} wide`);
    }
    await close();
    assert.deepEqual(wrong, []);
  });
}

test('the search finds an option without a server', async () => {
  const { page, wrong, close } = await opened({ viewport: { width: 1280, height: 900 } });
  await page.goto(address('index.html'));
  await page.click('.md-search__input');
  await page.keyboard.type('primary_key');
  const found = page.locator('.md-search-result__item a[href*="options.html"]');
  await found.first().waitFor();
  await close();
  assert.deepEqual(wrong, []);
});
