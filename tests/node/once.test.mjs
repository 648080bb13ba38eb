// Each identity once, and reports that are repaired by a retry.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { inspect } from 'node:util';
import { ConfigError, NotAllPushedError, readDeadLetter } from 'graph8-crm';
import { contacts, rejection, sandboxOfFile } from './support.mjs';

const sandbox = await sandboxOfFile();
const client = sandbox.client();
const folder = await mkdtemp(join(tmpdir(), 'graph8-once-'));
after(() => rm(folder, { recursive: true }));

const BAD = { email: 'no address' };
const SAME = 'another record of this push has the same identity';
const names = (report) =>
  Array.from({ length: report.records }, (_, index) => report.outcome(index));
let mended = 0;
const mend = (rows) => rows.map((row) => ({ ...row, email: `mended${mended++}@example.com` }));

test('skipped records have their own place in a report', async () => {
  await sandbox.reset();
  const [ada, bob] = contacts(2);
  const snapshots = [];
  const report = await client.pushContacts('hubspot', [ada, bob, ada, BAD], {
    unique: 'first',
    onProgress: (snapshot) => snapshots.push(snapshot),
  });
  assert.deepEqual(names(report), ['pushed', 'pushed', 'skipped', 'failed']);
  assert.deepEqual([...report.outcomes], [0, 0, 4, 1]);
  assert.equal(report.skipped, 1);
  assert.equal(snapshots.at(-1).skipped, 1);
  const message = `${SAME}: index 0`;
  const skips = report.skips.map((skip) => skip.toJSON({ records: true }));
  assert.deepEqual(skips, [{ index: 2, message, existing: [], record: ada }]);
  assert.deepEqual(report.skips[0].record, ada);
  assert.ok(Object.isFrozen(report.skips[0]));
  assert.deepEqual(report.recordsOf('skipped'), [ada]);
  assert.deepEqual(
    report.problems.map(({ index }) => index),
    [3],
  );
  assert.equal(report.messages.find(({ outcome }) => outcome === 'skipped').message, SAME);
  const plain = report.toJSON({ records: true });
  assert.deepEqual(JSON.parse(JSON.stringify(plain)).skips, skips);
  assert.ok(!inspect(report).includes(ada.email));
  const both = report.merge(report);
  assert.deepEqual(
    both.skips.map(({ message }) => message),
    [`${SAME}: index 0`, `${SAME}: index 4`],
  );
});

test('skipped records are no failures', async () => {
  await sandbox.reset();
  const deadLetter = join(folder, 'dead.ndjson');
  const options = { unique: 'first', maxFailures: 0, onError: 'stop', deadLetter };
  const report = await client.pushContacts('hubspot', [...contacts(3), ...contacts(3)], options);
  report.throwForFailures();
  assert.deepEqual([report.pushed, report.skipped], [3, 3]);
  assert.equal(await readFile(deadLetter, 'utf8'), '');
  assert.deepEqual(await readDeadLetter(deadLetter, ['skipped']), []);
});

test('later records of an identity may fail', async () => {
  await sandbox.reset();
  const report = await client.pushContacts('hubspot', [...contacts(3), ...contacts(2)], {
    unique: 'error',
  });
  assert.deepEqual([report.pushed, report.failed], [3, 2]);
  const [{ message, count, examples }, ...more] = report.failuresByMessage();
  assert.deepEqual([message, count, examples, more], [SAME, 2, [3, 4], []]);
});

test('lists are not unique', async () => {
  const error = await rejection(client.pushLists('hubspot', [], { unique: 'first' }));
  assert.ok(error instanceof ConfigError);
  assert.match(error.message, /unique/);
});

test('a repaired report is clean', async () => {
  await sandbox.reset();
  const [ada, bob] = contacts(2);
  const report = await client.pushContacts('hubspot', [BAD, ada, BAD, bob]);
  assert.throws(() => report.throwForFailures(), NotAllPushedError);
  const retry = await client.pushContacts('hubspot', mend(report.recordsOf('failed')));
  for (const of of ['failed', [0, 2], new Set([2, 0])]) {
    const merged = report.merge(retry, { of });
    merged.throwForFailures();
    assert.deepEqual([merged.records, merged.pushed, merged.failed], [4, 4, 0]);
    assert.deepEqual([merged.problems, merged.messages, merged.endedEarly], [[], [], null]);
    assert.equal(merged.requests, report.requests + retry.requests);
    assert.equal(merged.summary, '4 of 4 contacts pushed to hubspot');
  }
  assert.equal(report.merge(retry).records, 6);
  assert.equal(report.merge(retry, {}).records, 6);
});

test('what a retry met stands at the old indexes', async () => {
  await sandbox.reset();
  const report = await client.pushContacts('hubspot', [...contacts(1), BAD, BAD, BAD]);
  const retry = await client.pushContacts('hubspot', [...mend([BAD]), BAD]);
  const merged = report.merge(retry, { of: [3, 1] });
  assert.deepEqual(names(merged), ['pushed', 'failed', 'failed', 'pushed']);
  assert.deepEqual(
    merged.problems.map(({ index }) => index),
    [1, 2],
  );
});

test('a retry that does not fit is refused', async () => {
  await sandbox.reset();
  const report = await client.pushContacts('hubspot', [BAD, ...contacts(1), BAD]);
  const retry = await client.pushContacts('hubspot', mend([BAD]));
  for (const [of, words] of [
    ['failed', /the retry has 1 records, and 2 of the report are failed/],
    ['pushed', /pushed records are there/],
    ['fail', /of: unknown outcome 'fail': use one of .*; did you mean 'failed'/],
    [[true], /of has true: use indexes/],
    [[0, 2], /the retry has 1 records, and `of` names 2/],
    [[1], /index 1, which was pushed/],
    [[3], /index 3, and the report has 3 records/],
    [[-1], /of has -1/],
    [[0.5], /of has 0.5/],
    [7, /neither an outcome nor a list/],
  ]) {
    assert.throws(
      () => report.merge(retry, { of }),
      (error) => error instanceof ConfigError && words.test(error.message),
      String(words),
    );
  }
  assert.throws(() => report.merge(report, { of: [2, 2, 0] }), /index 2 twice/);
});
