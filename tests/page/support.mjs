// A headless Chromium, a sandbox and its page for each test, and pushes from Python.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, afterEach, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startSandbox } from 'graph8-crm';
import { chromium } from 'playwright-core';

/** Milliseconds that only what hangs takes, however busy the machine. */
export const HANGS_MS = 300_000;
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PYTHON = process.env.PYTHON ?? join(ROOT, '.venv/bin/python');
const KEY = 'g8_sbx_page_canary_5150';

/** The browser of a file's tests; a name of a stranger leads to this machine, as DNS rebinding makes it. */
export function browserOfFile() {
  const held = { browser: null, opened: [] };
  before(async () => {
    held.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? findChromium(),
      args: ['--host-resolver-rules=MAP rebound.example 127.0.0.1'],
      timeout: HANGS_MS,
    });
  });
  afterEach(async () => {
    for (const close of held.opened.splice(0)) await close();
  });
  after(() => held.browser?.close());
  return {
    /** A sandbox and its page; what the page says wrong, or asks of others, fails the test. */
    async open({ records = [], hash = '', ...options } = {}) {
      const sandbox = await startSandbox({ seed: 1 });
      for (const [provider, entity, rows] of records) await post(sandbox, provider, entity, rows);
      const context = await held.browser.newContext({
        viewport: { width: 1280, height: 900 },
        ...options,
      });
      context.setDefaultTimeout(HANGS_MS);
      const page = await context.newPage();
      const wrong = [];
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) wrong.push(message.text());
      });
      page.on('pageerror', (error) => wrong.push(error.stack));
      page.on('dialog', (dialog) => wrong.push(`dialog ${dialog.message()}`));
      page.on('request', (request) => {
        const isOwn =
          request.url().startsWith(`${sandbox.url}/`) || request.url().startsWith('data:');
        if (!isOwn) wrong.push(`request to ${request.url()}`);
      });
      held.opened.push(async () => {
        const text = await page.content();
        await context.close();
        await sandbox.stop();
        assert.deepEqual(wrong, []);
        assert.ok(!text.includes(KEY), 'the page shows a key');
      });
      await page.goto(`${sandbox.url}/${hash}`);
      await page.getByText('Live', { exact: true }).waitFor();
      return { sandbox, page, wrong };
    },
    /** A page of someone else. */
    async stranger(url) {
      const context = await held.browser.newContext();
      context.setDefaultTimeout(HANGS_MS);
      held.opened.push(() => context.close());
      const page = await context.newPage();
      const answer = await page.goto(url);
      return { page, answer };
    },
  };
}

function findChromium() {
  const names = 'command -v chromium || command -v chromium-browser || command -v google-chrome';
  return execFileSync('sh', ['-c', names], { encoding: 'utf8' }).trim();
}

/** Creates records as a client would, in one request. */
export async function post(sandbox, provider, entity, records) {
  const answer = await fetch(`${sandbox.url}/api/v1/crm-syncs/${provider}/${entity}/push`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ records }),
  });
  return (await answer.json()).data;
}

/** Pushes contacts to HubSpot from Python, as a user would, and gives what it printed. */
export async function pushFromPython(sandbox, start, count) {
  const script = `
import graph8_crm
people = [{"email": f"p{n}@example.com", "firstname": f"Person {n}"} for n in range(${start}, ${start + count})]
with graph8_crm.Client() as client:
    report = client.push_contacts("hubspot", people)
print(report.pushed, report.failed, report.unknown, report.not_sent)
`;
  const env = { ...process.env, G8_API_URL: sandbox.url, G8_API_KEY: KEY };
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', script], { cwd: ROOT, env });
  return stdout.trim();
}

export function contacts(count, start = 0) {
  return Array.from({ length: count }, (_, index) => ({
    email: `person${start + index}@example.com`,
    firstname: `Person ${start + index}`,
  }));
}
