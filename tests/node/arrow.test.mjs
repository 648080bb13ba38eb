// Tables of apache-arrow and Arrow's own bytes: values as documented for Arrow, whichever way they come.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as arrow from 'apache-arrow';
import { ConfigError, SourceError } from 'graph8-crm';
import { rejection, sandboxOfFile } from './support.mjs';

const sandbox = await sandboxOfFile();
const client = sandbox.client({ rateLimit: false });

const { Field, Utf8, Int32 } = arrow;
const column = (values, type) => arrow.vectorFromArray(values, type);
const moments = [new Date(0), null, new Date(1e12), new Date(5), new Date(6)];
const TABLE = new arrow.Table({
  email: column(
    ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}@example.com`),
    new Utf8(),
  ),
  naive: column(moments, new arrow.TimestampMillisecond()),
  zoned: column(moments, new arrow.TimestampMicrosecond('Europe/Berlin')),
  day: column(moments, new arrow.DateDay()),
  big: column([1n, 2n, null, -4n, 5n], new arrow.Int64()),
  word: column(['x', 'y', 'x', null, 'y'], new arrow.Dictionary(new Utf8(), new Int32())),
  flag: column([true, null, false, true, true], new arrow.Bool()),
  list: column([[1, 2], null, [], [3], [4]], new arrow.List(new Field('item', new Int32(), true))),
  inner: column(
    [{ x: 1 }, null, { x: 2 }, { x: null }, { x: 3 }],
    new arrow.Struct([new Field('x', new Int32(), true)]),
  ),
});
const FIRST = {
  email: 'a@example.com',
  naive: '1970-01-01T00:00:00',
  zoned: '1970-01-01T00:00:00+00:00',
  day: '1970-01-01',
  big: 1,
  word: 'x',
  flag: true,
  list: [1, 2],
  inner: { x: 1 },
};

async function sent(source, options) {
  await sandbox.reset();
  await client.pushContacts('hubspot', source, options);
  const pushes = (await sandbox.requests()).filter(({ path }) => path.endsWith('/push'));
  return pushes.flatMap(({ body }) => body.records);
}

test('a table and its bytes give the same records, however they come', async () => {
  const stream = arrow.tableToIPC(TABLE, 'stream');
  const file = arrow.tableToIPC(TABLE, 'file');
  async function* pieces(bytes) {
    for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
  }
  const wanted = await sent(TABLE);
  assert.deepEqual(wanted[0], FIRST);
  assert.deepEqual(
    wanted.map(({ naive }) => naive),
    [
      '1970-01-01T00:00:00',
      null,
      '2001-09-09T01:46:40',
      '1970-01-01T00:00:00.005000',
      '1970-01-01T00:00:00.006000',
    ],
  );
  const sources = {
    stream,
    file,
    buffer: Buffer.from(stream),
    arrayBuffer: stream.slice().buffer,
    batch: TABLE.batches[0],
    list: [TABLE],
    reader: arrow.RecordBatchReader.from(stream),
    asyncReader: await arrow.RecordBatchReader.from(pieces(stream)),
    pieces: pieces(stream),
    piecesOfFile: pieces(file),
  };
  for (const [name, source] of Object.entries(sources)) {
    assert.deepEqual(await sent(source), wanted, name);
  }
});

test('slices of a table are their own rows', async () => {
  const all = await sent(TABLE);
  for (const [from, to] of [
    [1, 4],
    [3, 5],
    [2, 2],
  ]) {
    assert.deepEqual(await sent(TABLE.slice(from, to)), all.slice(from, to));
  }
});

test('tables and records mix in one source, in order', async () => {
  const other = new arrow.Table({ email: column(['t@example.com'], new Utf8()) });
  async function* source() {
    yield { email: 'first@example.com' };
    yield TABLE.select(['email']).slice(0, 2);
    yield other;
    yield { email: 'last@example.com' };
  }
  const emails = ['first', 'a', 'b', 't', 'last'].map((name) => `${name}@example.com`);
  const report = await client.pushContacts('hubspot', source());
  assert.equal(report.pushed, 5);
  assert.deepEqual(
    (await sandbox.records('hubspot', 'contacts')).map(({ fields }) => fields.email),
    emails,
  );
});

test('options shape tables', async () => {
  const options = { columns: ['email', 'naive'], rename: { naive: 'when' }, dropNulls: true };
  assert.deepEqual((await sent(TABLE, options)).slice(0, 2), [
    { email: 'a@example.com', when: FIRST.naive },
    { email: 'b@example.com' },
  ]);
  const error = await rejection(client.pushContacts('hubspot', TABLE, { columns: ['none'] }));
  assert.ok(error instanceof ConfigError);
  assert.match(error.message, /there is no column 'none'/);
});

test('a column without JSON is refused by name, unless it is left out', async () => {
  const table = new arrow.Table({
    email: column(['t@example.com'], new Utf8()),
    bin: column([new Uint8Array(2)], new arrow.Binary()),
  });
  for (const source of [table, arrow.tableToIPC(table)]) {
    await assert.rejects(client.pushContacts('hubspot', source), /column 'bin' is binary/);
    assert.deepEqual(await sent(source, { columns: ['email'] }), [{ email: 't@example.com' }]);
  }
});

test('rows taken out of a table are told to be passed as the table', async () => {
  const report = await client.pushContacts('hubspot', TABLE.toArray());
  assert.equal(report.failed, 5);
  assert.match(report.problems[0].message, /a row of an Arrow table: pass the table itself/);
});

test('bytes that end too early are a SourceError', async () => {
  for (const bytes of [
    arrow.tableToIPC(TABLE, 'stream').subarray(0, 400),
    arrow.tableToIPC(TABLE, 'file').subarray(0, 900),
  ]) {
    await assert.rejects(client.pushContacts('hubspot', bytes), SourceError);
  }
});

test('numbers of a table have the digits that mean them, and those that are none are null', async () => {
  const table = new arrow.Table({
    email: column(['a@example.com', 'b@example.com', 'c@example.com'], new Utf8()),
    single: column([0.1, Number.NaN, 250], new arrow.Float32()),
    half: column([0.1, 0.5, 1 / 3], new arrow.Float16()),
  });
  for (const source of [table, arrow.tableToIPC(table), arrow.tableToIPC(table, 'file')]) {
    assert.deepEqual(
      (await sent(source)).map(({ single, half }) => [single, half]),
      [
        [0.1, 0.1],
        [null, 0.5],
        [250, 0.3333],
      ],
    );
  }
});

test('unique compares the rows of a table', async () => {
  const emails = ['a@example.com', 'b@example.com', 'A@example.com'];
  const table = new arrow.Table({ email: column(emails, new Utf8()) });
  for (const source of [table, arrow.tableToIPC(table), [table, table]]) {
    const rows = Array.isArray(source) ? 6 : 3;
    await sandbox.reset();
    const report = await client.pushContacts('hubspot', source, { unique: 'first' });
    assert.deepEqual([report.pushed, report.skipped], [2, rows - 2]);
    await sandbox.reset();
    const failed = await client.pushContacts('hubspot', source, { unique: 'error' });
    assert.equal(failed.failed, rows - 2);
    assert.equal(failed.pushed, 2);
  }
});

test("a table may hold graph8's own rows", async () => {
  const rows = [
    { work_email: 'ada@example.com', first_name: 'Ada', last_name: 'Byron' },
    { work_email: 'bob@example.com', first_name: 'Bob', last_name: null },
  ];
  const names = Object.keys(rows[0]);
  const table = new arrow.Table(
    Object.fromEntries(
      names.map((name) => [
        name,
        column(
          rows.map((row) => row[name]),
          new Utf8(),
        ),
      ]),
    ),
  );
  const wanted = await sent(rows, { form: 'graph8' });
  assert.equal(wanted[0].email, 'ada@example.com');
  assert.equal(wanted[0].firstname, 'Ada');
  for (const source of [table, arrow.tableToIPC(table)]) {
    assert.deepEqual(await sent(source, { form: 'graph8' }), wanted);
    const report = await client.checkContacts('hubspot', source, { form: 'graph8' });
    assert.equal(report.records, 2);
  }
});

const entries = (nullable) =>
  new Field(
    'entries',
    new arrow.Struct([
      new Field('key', new Utf8(), nullable),
      new Field('value', new Int32(), true),
    ]),
    false,
  );

test('maps travel as objects, and one that has a key twice fails its row', async () => {
  const emails = column(['a@example.com', 'b@example.com', 'c@example.com'], new Utf8());
  const maps = [new Map([['x', 1]]), null, new Map([['y', null]])];
  for (const nullable of [false, true]) {
    const table = new arrow.Table({
      email: emails,
      lastname: column(maps, new arrow.Map_(entries(nullable))),
    });
    assert.deepEqual(
      (await sent(table)).map(({ lastname }) => lastname),
      [{ x: 1 }, null, { y: null }],
    );
  }
  const key = arrow.vectorFromArray(['x', 'x', 'x'], new Utf8()).data[0];
  const value = arrow.vectorFromArray([1, 2, 3], new Int32()).data[0];
  const struct = arrow.makeData({
    type: entries(false).type,
    children: [key, value],
    nullCount: 0,
  });
  const twice = arrow.makeVector(
    arrow.makeData({
      type: new arrow.Map_(entries(false)),
      length: 2,
      nullCount: 0,
      valueOffsets: Int32Array.of(0, 1, 3),
      child: struct,
    }),
  );
  const table = new arrow.Table({
    email: column(['a@example.com', 'b@example.com'], new Utf8()),
    lastname: twice,
  });
  const report = await client.pushContacts('sugarcrm', table);
  assert.deepEqual([report.pushed, report.failed], [1, 1], report.summary);
  assert.match(report.problems[0].message, /'lastname': two of its fields would be 'x'/);
});

test('a text that is not UTF-8 fails its record, and the others travel', async () => {
  const good = Buffer.from('a@example.comb@example.com');
  const bad = Buffer.from(good);
  bad[13] = 0xff;
  const texts = (data) =>
    arrow.makeData({ type: new Utf8(), length: 2, data, valueOffsets: Int32Array.of(0, 13, 26) });
  const plain = arrow.makeVector(texts(bad));
  const dictionary = arrow.makeVector(
    arrow.makeData({
      type: new arrow.Dictionary(new Utf8(), new Int32()),
      length: 2,
      data: Int32Array.of(0, 1),
      dictionary: arrow.makeVector(texts(bad)),
    }),
  );
  for (const name of [plain, dictionary]) {
    const table = new arrow.Table({ email: arrow.makeVector(texts(good)), firstname: name });
    await sandbox.reset();
    const report = await client.pushContacts('hubspot', table);
    assert.deepEqual([report.pushed, report.failed], [1, 1]);
    assert.match(report.problems[0].message, /'firstname': is not UTF-8/);
    assert.equal(report.problems[0].index, 1);
  }
  const short = arrow.makeVector(
    arrow.makeData({
      type: new Utf8(),
      length: 2,
      data: good,
      valueOffsets: Int32Array.of(0, 13, 99),
    }),
  );
  const error = await rejection(client.pushContacts('hubspot', new arrow.Table({ email: short })));
  assert.ok(error instanceof SourceError, error);
});
