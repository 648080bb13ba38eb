// A journal of keys from Node: every kind of source carries the key.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { ConfigError, journalStatus } from 'graph8-crm';
import { sandboxOfFile } from './support.mjs';

const ROWS = Array.from({ length: 30 }, (_, number) => ({
  id: number,
  name: `Person ${number}`,
  email: `p${number}@example.com`,
}));
const OPTIONS = { columns: ['email'], primaryKey: 'id' };
const sandbox = await sandboxOfFile();
const lines = (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const cells = (rows) =>
  `id,name,email\n${rows.map(({ id, name, email }) => `${id},${name},${email}\n`).join('')}`;

let folder;
let number = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graph8-keyed-'));
});
after(() => rm(folder, { recursive: true }));

function inFile(name, text) {
  const path = join(folder, name);
  return writeFile(path, text).then(() => path);
}

async function* later(rows) {
  yield* rows;
}

const SOURCES = {
  'an array': (rows) => rows,
  'an array of odd objects': (rows) => rows.map((row) => new Map(Object.entries(row))),
  'an async iterable': later,
  'NDJSON text': (rows) => Buffer.from(lines(rows)),
  'a byte stream': (rows) => Readable.from([Buffer.from(lines(rows))], { objectMode: false }),
  'an NDJSON file': (rows) => inFile('rows.ndjson', lines(rows)),
  'a CSV file': (rows) => inFile('rows.csv', cells(rows)),
};

for (const [name, source] of Object.entries(SOURCES)) {
  test(`${name} has the keys of an array`, async () => {
    const options = { ...OPTIONS, journal: join(folder, `${number++}.journal`) };
    const client = sandbox.client();
    const first = await client.pushContacts('hubspot', ROWS.slice(0, 20), options);
    assert.deepEqual([first.pushed, first.pushedBefore], [20, 0]);
    const today = await source(ROWS.toReversed());
    const report = await client.pushContacts('hubspot', today, options);
    assert.deepEqual([report.pushed, report.pushedBefore, report.changed], [30, 20, 0]);
    const held = await sandbox.records('hubspot', 'contacts');
    assert.equal(held.length, 30);
    assert.ok(held.every(({ fields }) => Object.keys(fields).join() === 'email'));
  });
}

test('what has changed is kept and merged', async () => {
  const options = { primaryKey: ['id'], columns: ['email', 'name'] };
  const journal = join(folder, 'changed.journal');
  const client = sandbox.client();
  await client.pushContacts('pipedrive', ROWS, { ...options, journal });
  const rows = ROWS.with(3, { ...ROWS[3], name: 'Ada' });
  const report = await client.pushContacts('pipedrive', rows, { ...options, journal });
  assert.deepEqual([report.pushedBefore, report.changed, report.requests], [30, 1, 0]);
  assert.deepEqual(report.recordsOf('changed'), [{ email: 'p3@example.com', name: 'Ada' }]);
  const both = report.merge(report);
  assert.deepEqual([both.pushedBefore, both.changed, both.recordsOf('changed').length], [60, 2, 2]);
  const push = { ...options, journal, onChange: 'push' };
  const again = await client.pushContacts('pipedrive', rows, push);
  assert.deepEqual([again.pushed, again.pushedBefore], [30, 29]);
  const status = await journalStatus(journal);
  assert.deepEqual(status.primaryKey, ['id']);
  assert.deepEqual([status.keys, status.pushed, status.runs], [30, 30, 3]);
});

test('a journal by another key is refused', async () => {
  const journal = join(folder, 'other.journal');
  const client = sandbox.client();
  await client.pushContacts('hubspot', ROWS, { ...OPTIONS, journal });
  const other = client.pushContacts('hubspot', ROWS, { ...OPTIONS, primaryKey: 'email', journal });
  await assert.rejects(other, ConfigError);
});

test("graph8's rows are sent once", async () => {
  const journal = join(folder, 'rows.journal');
  const client = sandbox.client();
  for (const pushedBefore of [0, 247]) {
    const options = { form: 'graph8', primaryKey: 'id', journal };
    const report = await client.pushContacts(
      'hubspot',
      client.graph8Contacts({ listId: 42 }),
      options,
    );
    assert.deepEqual([report.pushed, report.pushedBefore], [247, pushedBefore]);
  }
});
