// Where records come from, and the forms that their values take.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { ConfigError, SourceError, startSandbox } from 'graph8-crm';

let sandbox;
let client;
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graph8-'));
  sandbox = await startSandbox();
  client = sandbox.client({ rateLimit: false });
});
after(async () => {
  client.close();
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

const lines = (count, from = 0) =>
  Array.from({ length: count }, (_, i) => `{"email":"line${from + i}@example.com"}\n`).join('');

async function sent(records, options) {
  const seen = (await sandbox.requests()).length;
  const report = await client.pushContacts('hubspot', records, options);
  const requests = (await sandbox.requests()).slice(seen);
  return { report, records: requests.flatMap(({ body }) => body.records) };
}

test('each form of NDJSON is read to its last line', async () => {
  const text = Buffer.from(`\ufeff${lines(2_500)}\n{"email":"last@example.com"}`);
  const path = join(folder, 'people.ndjson');
  await writeFile(path, text);
  await writeFile(`${path}.gz`, await promisify(gzip)(text));
  const pieces = function* () {
    for (let at = 0; at < text.length; at += 777) yield text.subarray(at, at + 777);
  };
  const sources = {
    buffer: text,
    'byte stream': Readable.from(pieces(), { objectMode: false }),
    'text stream': Readable.from(pieces(), { objectMode: false }).setEncoding('utf8'),
    'web stream': Readable.toWeb(Readable.from(pieces(), { objectMode: false })),
    path,
    gzipped: `${path}.gz`,
    url: pathToFileURL(path),
  };
  for (const [name, source] of Object.entries(sources)) {
    await sandbox.reset();
    const { report, records } = await sent(source);
    assert.equal(report.pushed, 2_501, name);
    assert.equal(new Set(records.map(({ email }) => email)).size, 2_501, name);
  }
});

test('a bad line fails alone, with its number', async () => {
  const text = `{"email":"good1@example.com"}\n{"email":\n{"email":"good2@example.com"}`;
  const { report } = await sent(Buffer.from(text));
  assert.deepEqual([report.pushed, report.failed], [2, 1]);
  assert.match(report.problems[0].message, /line 2: not JSON/);
});

test('a byte stream that breaks tells of what it gave before', async () => {
  const broken = async function* () {
    yield Buffer.from(lines(150, 9_000));
    throw new RangeError('the disk went away');
  };
  await assert.rejects(client.pushContacts('hubspot', broken()), (error) => {
    assert.ok(error instanceof RangeError);
    assert.equal(error.report.pushed, 150);
    return true;
  });
});

test('files that are slow to open hold no other call up', {
  skip: process.platform === 'win32',
}, async () => {
  // Opening a pipe waits until somebody writes.
  const pipes = [0, 1, 2].map((i) => join(folder, `slow${i}.ndjson`));
  for (const pipe of pipes) await promisify(execFile)('mkfifo', [pipe]);
  const pushes = pipes.map((pipe) => client.pushContacts('hubspot', pipe));
  const meanwhile = [];
  try {
    for (let calls = 0; calls < 3; calls += 1) {
      await client.status('hubspot');
      const people = [{ email: `meanwhile${calls}@example.com` }];
      meanwhile.push((await client.pushContacts('hubspot', people)).pushed);
    }
  } finally {
    await Promise.all(pipes.map((pipe, i) => writeFile(pipe, lines(150, 10_000 + i * 150))));
  }
  assert.deepEqual(meanwhile, [1, 1, 1]);
  assert.deepEqual(
    (await Promise.all(pushes)).map(({ pushed }) => pushed),
    [150, 150, 150],
  );
});

test('a file that is not there, or no gzip, is a SourceError', async () => {
  await assert.rejects(client.pushContacts('hubspot', join(folder, 'none.jsonl')), SourceError);
  const path = join(folder, 'torn.ndjson.gz');
  const whole = await promisify(gzip)(Buffer.from(lines(20_000, 50_000)));
  await writeFile(path, whole.subarray(0, whole.length / 2));
  await assert.rejects(client.pushContacts('hubspot', path), (error) => {
    assert.ok(error instanceof SourceError);
    assert.equal(error.report.pushed + error.report.failed, error.report.records);
    assert.ok(error.report.pushed > 100);
    return true;
  });
});

test('fields are selected and renamed on the way, and nulls left out', async () => {
  const options = {
    columns: ['Work Email', 'note'],
    rename: { 'Work Email': 'email' },
    dropNulls: true,
  };
  const record = { 'Work Email': 'shape@example.com', note: null, secret: 1 };
  for (const source of [[record], Buffer.from(JSON.stringify(record))]) {
    const { records } = await sent(source, options);
    assert.deepEqual(records, [{ email: 'shape@example.com' }]);
    await sandbox.reset();
  }
  const both = { a: 'x@example.com', email: 'y@example.com' };
  const { report } = await sent([both], { rename: { a: 'email' } });
  assert.match(report.problems[0].message, /two of its fields would be 'email'/);
  const lists = client.pushLists('hubspot', [], { columns: ['a'] });
  await assert.rejects(lists, ConfigError);
});

test('each value has its documented form', async () => {
  const email = 'forms@example.com';
  const at = new Date(Date.UTC(2026, 0, 31, 10));
  const { records } = await sent([
    {
      email,
      at,
      never: new Date(Number.NaN),
      id: 2n ** 70n,
      map: new Map([['a', new Map([['b', 1]])]]),
      set: new Set([1, 'x']),
      floats: new Float64Array([1.5, Number.NaN]),
      bigs: new BigInt64Array([5n]),
      empty: {},
      absent: undefined,
      method() {},
      nan: Number.NaN,
      own: { toJSON: () => 'said' },
    },
  ]);
  assert.deepEqual(records, [
    {
      email,
      at: '2026-01-31T10:00:00.000Z',
      never: null,
      id: '1180591620717411303424',
      map: { a: { b: 1 } },
      set: [1, 'x'],
      floats: [1.5, null],
      bigs: ['5'],
      empty: {},
      nan: null,
      own: 'said',
    },
  ]);
});

test('a value without a form fails its record alone, by its field', async () => {
  const throwing = {
    toJSON() {
      throw new Error('no');
    },
  };
  const values = [
    Buffer.from('x'),
    new Uint8Array(2),
    new ArrayBuffer(2),
    new Map([[1, 2]]),
    throwing,
  ];
  const good = { email: 'good@example.com' };
  const { report } = await sent([
    good,
    ...values.map((value) => ({ email: 'x@example.com', value })),
  ]);
  assert.deepEqual([report.pushed, report.failed], [1, values.length]);
  for (const { message } of report.problems.slice(0, 4)) assert.match(message, /field 'value' is/);
  assert.match(report.problems[4].message, /can't be written as JSON: field 'value': no/);
});

test('fields tell their types and a JSON Schema', async () => {
  await sandbox.addCustomField('hubspot', 'contacts', { slug: 'shoe_size', type: 'number' });
  const fields = await client.fields('hubspot');
  const bySlug = new Map(fields.map((field) => [field.slug, field]));
  assert.equal(bySlug.get('email').tsType, 'string');
  assert.equal(bySlug.get('shoe_size').kind, 'number');
  const schema = fields.toSchema();
  assert.deepEqual(schema.properties.shoe_size.type, ['number', 'null']);
  assert.equal(Object.keys(schema.properties).length, fields.length);
  assert.ok(!(fields.filter(Boolean) instanceof fields.constructor));
});
