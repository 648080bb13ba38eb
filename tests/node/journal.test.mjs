/** The files of a push: who may read them, one journal by two names, what is no file at all. */

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, symlink, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError, journalStatus, readDeadLetter, StorageError } from 'graph8-crm';
import { checkFiles } from './canary.mjs';
import { ROOT, rejection, sandboxOfFile, until } from './support.mjs';

const sandbox = await sandboxOfFile();
const client = sandbox.client();
const folders = [];
after(async () => {
  for (const folder of folders) {
    checkFiles(folder);
    await rm(folder, { recursive: true });
  }
});

const skip = process.platform === 'win32' && 'Unix has these files and rights';

async function newFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'graph8-crm-'));
  folders.push(folder);
  return folder;
}

const people = (count) =>
  Array.from({ length: count }, (_, n) => ({ name: `Person ${n}`, email: `p${n}@x.co` }));

const SCRIPT = `
  import { Client } from 'graph8-crm';
  process.umask(0);
  const [url, count, options] = process.argv.slice(1);
  const people = Array.from({ length: Number(count) }, (_, n) => (
    { name: 'Person ' + n, email: 'p' + n + '@x.co' }));
  const client = new Client({ apiKey: 'g8_sbx_demo', baseUrl: url, rateLimit: false });
  await client.pushContacts('pipedrive', people, JSON.parse(options));
`;

/** A push in a process of its own. */
function pushing(count, options) {
  const flags = ['--input-type=module', '--eval', SCRIPT];
  const given = [sandbox.url, String(count), JSON.stringify(options)];
  return spawn(process.execPath, [...flags, ...given], { cwd: ROOT, stdio: 'inherit' });
}

async function killed(child) {
  const over = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await over;
}

test('files are for their owner alone whatever the umask', { skip }, async () => {
  const folder = await newFolder();
  const [journal, deadLetter] = [join(folder, 'a.journal'), join(folder, 'failed.ndjson')];
  await sandbox.failNext('close_after_write');
  await sandbox.failNext('delay', { ms: 60_000, count: 10 });
  const child = pushing(40, { batchSize: 10, concurrency: 1, journal, deadLetter });
  await until(async () => (await sandbox.requests()).length >= 2);
  const names = await readdir(folder);
  const modes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mode));
  await killed(child);
  assert.deepEqual(
    modes.map((mode) => (mode & 0o777).toString(8)),
    ['600', '600', '600', '600', '600'],
    names.join(),
  );
});

test('a journal by two names takes one push at a time', { skip }, async () => {
  const folder = await newFolder();
  const [journal, link] = [join(folder, 'a.journal'), join(folder, 'link.journal')];
  await sandbox.failNext('delay', { ms: 60_000, skip: 2 });
  const child = pushing(100, { batchSize: 10, concurrency: 1, journal });
  await until(async () => (await sandbox.requests()).length >= 3);
  await symlink(journal, link);
  const options = { batchSize: 10, journal: link };
  for (let round = 0; round < 2; round += 1) {
    const error = await rejection(client.pushContacts('pipedrive', people(100), options));
    assert.ok(error instanceof StorageError);
    assert.match(error.message, /in use by another push/);
    assert.equal((await journalStatus(link)).inUse, true);
    await unlink(`${journal}-lock`).catch(() => {});
  }
  await killed(child);
  const report = await client.pushContacts('pipedrive', people(100), options);
  assert.deepEqual([report.pushed, report.unknown], [90, 10]);
  const held = (await sandbox.records('pipedrive', 'contacts')).map((record) => record.fields.name);
  assert.equal(new Set(held).size, held.length);
});

test('what is no regular file is refused at once', { skip }, async () => {
  const pipe = join(await newFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const refused = await Promise.all([
    rejection(client.pushContacts('pipedrive', people(1), { journal: pipe })),
    rejection(client.pushContacts('pipedrive', people(1), { deadLetter: pipe })),
    rejection(journalStatus(pipe)),
    rejection(readDeadLetter(pipe)),
  ]);
  // The canary reads all files.
  await unlink(pipe);
  for (const error of refused) {
    assert.ok(error instanceof StorageError, error);
    assert.match(error.message, /a named pipe/);
  }
  assert.deepEqual(await sandbox.requests(), []);
});

test('what is no path is refused and leaves no file', async () => {
  const folder = await newFolder();
  for (const path of ['', ' ', 'a\0b']) {
    const good = join(folder, 'good');
    const refused = await Promise.all([
      rejection(client.pushContacts('pipedrive', people(1), { journal: path, deadLetter: good })),
      rejection(client.pushContacts('pipedrive', people(1), { journal: good, deadLetter: path })),
      rejection(journalStatus(path)),
      rejection(readDeadLetter(path)),
    ]);
    for (const error of refused) {
      assert.ok(error instanceof ConfigError, error);
      assert.match(error.message, /the path of the/);
    }
  }
  assert.deepEqual(await readdir(folder), []);
});

test('another source gets no report, which could not be true', async () => {
  const journal = join(await newFolder(), 'a.journal');
  await client.pushContacts('pipedrive', people(30), { journal });
  const other = people(30).with(12, { name: 'Somebody else' });
  const error = await rejection(client.pushContacts('pipedrive', other, { journal }));
  assert.match(error.message, /did not begin: the source differs .* at index 12/);
  assert.equal(error.report, null);
});
