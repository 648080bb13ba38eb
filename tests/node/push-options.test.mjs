/** What a push offers beside sending: stop rules, progress, look-ups, dead letters, journals. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConfigError,
  journalStatus,
  NotAllPushedError,
  ProgressStream,
  PushStoppedError,
  readDeadLetter,
  StorageError,
} from 'graph8-crm';
import { checkFiles } from './canary.mjs';
import { contacts, ROOT, rejection, sandboxOfFile, until } from './support.mjs';

const sandbox = await sandboxOfFile();
const client = sandbox.client();
const folder = await mkdtemp(join(tmpdir(), 'graph8-crm-'));
after(() => {
  checkFiles(folder);
  return rm(folder, { recursive: true });
});

const BAD = { email: 'not an address' };

test('stop rules end a push and keep what was not sent', async () => {
  const bad = ['neither', 'nor', 'none'].map((email) => ({ email }));
  const records = [...contacts(20), ...bad, ...contacts(60).slice(30)];
  const options = { batchSize: 5, concurrency: 1, maxFailures: 2 };
  const error = await rejection(client.pushContacts('hubspot', records, options));
  assert.ok(error instanceof PushStoppedError);
  assert.deepEqual([error.report.pushed, error.report.failed], [22, 3]);
  assert.deepEqual(error.report.recordsOf('not_sent'), records.slice(25));
  const stopped = await rejection(
    client.pushContacts('hubspot', [BAD, ...contacts(90).slice(60)], {
      batchSize: 5,
      concurrency: 1,
      onError: 'stop',
    }),
  );
  assert.ok(stopped instanceof PushStoppedError);
  assert.equal(stopped.report.pushed, 4);
});

test('progress is told while a push runs and at its end', async () => {
  await sandbox.failNext('hold', { skip: 2 });
  const seen = [];
  const onProgress = (progress) => {
    if (seen.push(progress) > 2 && progress.inFlight === 1) sandbox.release();
  };
  const report = await client.pushContacts('hubspot', contacts(400), {
    concurrency: 1,
    onProgress,
  });
  const most = report.elapsedSeconds * 10 + 2;
  assert.ok(seen.length >= 3 && seen.length <= most, `${seen.length} snapshots`);
  assert.equal(seen.at(-1).pushed, report.pushed);
  assert.equal(seen.at(-1).total, 400);
  assert.ok(Object.isFrozen(seen[0]));
});

test('progress tells what a push waits for', async () => {
  const limited = sandbox.client({ rateLimit: { perSecond: 2, perMinute: 100 } });
  const reasons = new Set();
  while (reasons.size === 0) {
    await limited.pushContacts('hubspot', contacts(5), {
      batchSize: 1,
      onProgress: ({ waiting }) => waiting && reasons.add(waiting.reason),
    });
  }
  assert.deepEqual([...reasons], ['rate_limit']);
});

test('an onProgress that throws harms nothing', async () => {
  await sandbox.failNext('delay', { ms: 300 });
  const warnings = [];
  const heard = (warning) => warnings.push(warning);
  process.on('warning', heard);
  let calls = 0;
  const report = await client.pushContacts('hubspot', contacts(3), {
    onProgress: () => {
      calls += 1;
      throw new Error('a broken bar');
    },
  });
  await sleep(10);
  process.off('warning', heard);
  assert.deepEqual([report.pushed, calls], [3, 1]);
  assert.match(String(warnings.map(({ message }) => message)), /a broken bar/);
});

test('progress can be iterated beside the push, and ends with it', async () => {
  await sandbox.failNext('hold');
  const onProgress = new ProgressStream();
  const pushing = client.pushContacts('hubspot', contacts(10), { onProgress });
  const seen = [];
  for await (const snapshot of onProgress) {
    if (seen.push(snapshot) > 1 && snapshot.inFlight === 1) await sandbox.release();
  }
  assert.ok(seen.length >= 3, `${seen.length} snapshots`);
  assert.equal(seen.at(-1).pushed, (await pushing).pushed);
  const another = new ProgressStream();
  const refused = sandbox
    .client({ apiKey: 'g8_test_expired' })
    .pushContacts('hubspot', contacts(1), { onProgress: another });
  const failed = rejection(refused);
  for await (const _ of another);
  assert.equal((await failed).status, 401);
});

test('a look into the CRM ends doubts', async () => {
  await sandbox.failNext('close_after_write');
  await sandbox.failNext('close_before_read');
  const looked = [];
  const report = await client.pushContacts('hubspot', contacts(6), {
    batchSize: 3,
    concurrency: 1,
    resolveUnknown: async (problem) => {
      looked.push(problem.index);
      if (problem.index === 0) return null;
      const held = await sandbox.records('hubspot', 'contacts');
      return held.some(({ fields }) => fields.email === problem.record.email);
    },
  });
  assert.deepEqual(looked, [0, 1, 2, 3, 4, 5]);
  assert.deepEqual([report.pushed, report.unknown, report.notSent], [2, 1, 3]);
  assert.deepEqual(report.recordsOf('not_sent'), contacts(6).slice(3));
});

test('a look-up that throws comes out with the report', async () => {
  await sandbox.failNext('close_after_write');
  const error = await rejection(
    client.pushContacts('hubspot', contacts(2), {
      resolveUnknown: () => {
        throw new RangeError('the CRM is down');
      },
    }),
  );
  assert.ok(error instanceof RangeError);
  assert.equal(error.report.unknown, 2);
});

test('dead letters are written and can be pushed again', async () => {
  const deadLetter = join(folder, 'failed.ndjson');
  await sandbox.failNext('close_after_write', { skip: 1 });
  await client.pushContacts('hubspot', [BAD, ...contacts(4)], {
    batchSize: 3,
    concurrency: 1,
    deadLetter,
  });
  const lines = (await readFile(deadLetter, 'utf8')).trim().split('\n').map(JSON.parse);
  assert.deepEqual(
    lines.map(({ index, outcome }) => [index, outcome]),
    [
      [0, 'failed'],
      [3, 'unknown'],
      [4, 'unknown'],
    ],
  );
  assert.deepEqual(await readDeadLetter(deadLetter), [BAD]);
  assert.deepEqual(await readDeadLetter(deadLetter, ['unknown']), contacts(4).slice(2));
  assert.ok((await rejection(readDeadLetter(join(folder, 'none')))) instanceof StorageError);
  assert.ok((await rejection(readDeadLetter(deadLetter, ['lost']))) instanceof ConfigError);
});

test('a report counts messages, gives records back, throws and merges', async () => {
  const report = await client.pushContacts('hubspot', [BAD, ...contacts(2), { email: 'neither' }]);
  const groups = report.failuresByMessage();
  assert.deepEqual(
    groups.map(({ count }) => count).reduce((a, b) => a + b),
    2,
  );
  assert.deepEqual(groups.flatMap(({ examples }) => examples).toSorted(), [0, 3]);
  assert.deepEqual(report.recordsOf('failed'), [BAD, { email: 'neither' }]);
  for (const [index, outcome, message, record] of report.failures) {
    assert.equal(report.outcome(index), outcome);
    assert.ok(message && record);
  }
  assert.throws(
    () => report.throwForFailures(),
    (error) => error instanceof NotAllPushedError && error.report === report,
  );
  assert.throws(() => report.recordsOf('pushed'), ConfigError);
  const more = await client.pushContacts('hubspot', contacts(4).slice(2));
  more.throwForFailures();
  const merged = report.merge(more);
  assert.deepEqual([merged.records, merged.pushed, merged.failed], [6, 4, 2]);
  assert.deepEqual([...merged.outcomes], [...report.outcomes, ...more.outcomes]);
  assert.deepEqual(merged.recordsOf('failed'), report.recordsOf('failed'));
  const others = await client.pushCompanies('hubspot', [
    { name: 'Ada Ltd', domain: 'ada.example' },
  ]);
  assert.throws(() => report.merge(others), /can't be merged/);
});

const PUSH = `
  import { Client } from 'graph8-crm';
  const [baseUrl, journal] = process.argv.slice(-2);
  const client = new Client({ apiKey: 'g8_sbx_demo', baseUrl, rateLimit: false });
  const people = Array.from({ length: 600 }, (_, n) => ({ name: 'Person ' + n }));
  console.log('ready');
  await client.pushContacts('pipedrive', people, { batchSize: 10, concurrency: 2, journal });
`;

test('a push that is killed goes on where it was', async () => {
  const journal = join(folder, 'contacts.journal');
  await sandbox.failNext('hold', { skip: 10 });
  await sandbox.failNext('hold', { afterWrite: true });
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', PUSH, sandbox.url, journal],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = new Promise((resolve) => child.on('close', resolve));
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await until(async () => (await sandbox.held()) === 2);
  child.kill('SIGKILL');
  await ended;
  const status = await journalStatus(journal);
  assert.ok(status.pushed > 0 && status.pushed < 600, `${status.pushed} pushed`);
  assert.equal(status.unknown, status.openBatches * 10);
  const people = Array.from({ length: 600 }, (_, n) => ({ name: `Person ${n}` }));
  const options = { batchSize: 10, journal };
  const report = await sandbox
    .client({ rateLimit: false })
    .pushContacts('pipedrive', people, options);
  const held = (await sandbox.records('pipedrive', 'contacts')).map(({ fields }) => fields.name);
  assert.equal(new Set(held).size, held.length, 'a record was created twice');
  assert.equal(report.pushed + report.unknown, 600);
  assert.equal(report.unknown, status.unknown);
  const done = await journalStatus(journal);
  assert.deepEqual([done.runs, done.records, done.inUse], [2, 600, false]);
  const changed = people.with(17, { name: 'Somebody else' });
  const error = await rejection(client.pushContacts('pipedrive', changed, options));
  assert.ok(error instanceof ConfigError);
  assert.match(error.message, /at index 17/);
});

test('a file that is no journal is refused and left alone', async () => {
  const journal = join(folder, 'no.journal');
  await writeFile(journal, 'just some text that somebody left here '.repeat(30));
  const before = await readFile(journal);
  const error = await rejection(client.pushContacts('pipedrive', [{ name: 'A' }], { journal }));
  assert.ok(error instanceof StorageError, String(error));
  assert.deepEqual(await readFile(journal), before);
  assert.ok((await rejection(journalStatus(journal))) instanceof StorageError);
  assert.ok((await rejection(journalStatus(join(folder, 'none')))) instanceof StorageError);
});
