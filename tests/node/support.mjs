// Shared by the tests: one sandbox a file, reset before each test, and child processes.
import { execFile } from 'node:child_process';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startSandbox } from 'graph8-crm';
import { checkShown } from './canary.mjs';

// Also for the processes that tests start: those that try the default store say so.
process.env.GRAPH8_RATE_LIMIT_STORE = 'alone';

/** Milliseconds that only what hangs takes, however busy the machine. */
export const HANGS_MS = 600_000;
// The credentials file of whoever runs the tests is out of reach, here and in child processes. Cargo, which builds
// the hostile service, goes on with its own home.
for (const name of ['cargo', 'rustup']) {
  process.env[`${name.toUpperCase()}_HOME`] ??= join(homedir(), `.${name}`);
}
process.env.HOME = process.env.USERPROFILE = join(tmpdir(), 'the home of nobody');
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A sandbox for the tests of a file. */
export async function sandboxOfFile() {
  const sandbox = await startSandbox();
  beforeEach(() => sandbox.reset());
  after(() => sandbox.stop());
  return sandbox;
}

/** Contacts that a CRM takes, each with an address of its own. */
export function contacts(count) {
  return Array.from({ length: count }, (_, index) => ({ email: `c${index}@example.com` }));
}

/** What the promise rejects with. */
export async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    checkShown(error);
    return error;
  }
  throw new Error('expected a rejection, got a result');
}

/** Runs a script in a Node of its own, from inside the package, and gives what it printed. */
export async function runScript(script, { type = 'module', env = {} } = {}) {
  const options = {
    cwd: ROOT,
    timeout: HANGS_MS,
    env: { ...withoutKeys(process.env), GRAPH8_RATE_LIMIT_STORE: 'alone', ...env },
  };
  const flags = [`--input-type=${type}`, '--eval', script];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, flags, options);
  return { stdout: stdout.trim(), stderr: stderr.trim() };
}

function withoutKeys(env) {
  const names = Object.keys(env).filter((name) => !/^(G8|GRAPH8)_/.test(name));
  return Object.fromEntries(names.map((name) => [name, env[name]]));
}

/** Waits until `check` gives something true. */
export async function until(check) {
  const end = performance.now() + HANGS_MS;
  while (performance.now() < end) {
    const found = await check();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`never came true: ${check}`);
}
