// CSV and TSV files as sources, and files that are neither.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
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
beforeEach(() => sandbox.reset());
after(async () => {
  client.close();
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

async function written(name, content) {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** What the service got; SugarCRM takes every field. */
async function sent(records, options) {
  const report = await client.pushContacts('sugarcrm', records, options);
  return { report, records: (await sandbox.requests()).flatMap(({ body }) => body.records) };
}

const table = 'email;phone;note\r\nada@example.com;0041 79;"x, y"\r\n';
const ada = { email: 'ada@example.com', phone: '0041 79', note: 'x, y' };

test('a CSV file is read whole, by its path and its URL', async () => {
  const rows = Array.from({ length: 2_500 }, (_, i) => `line${i}@example.com,0${i},\n`).join('');
  const text = `email,zip,none\n${rows}`;
  const path = await written('people.csv', text);
  const zipped = await written('people.csv.gz', await promisify(gzip)(text));
  for (const source of [path, zipped, pathToFileURL(path)]) {
    await sandbox.reset();
    const { report, records } = await sent(source);
    assert.equal(report.pushed + report.failed, 2_500);
    assert.equal(new Set(records.map(({ email }) => email)).size, 2_500);
    assert.deepEqual(Object.keys(records[0]), ['email', 'zip']);
    assert.ok(records.every(({ zip }) => zip.startsWith('0')));
  }
  await sandbox.reset();
  const { records } = await sent(path, { columns: ['email'], rename: { email: 'work' } });
  assert.deepEqual(Object.keys(records[0]), ['work']);
});

test('a table is read as it was saved', async () => {
  const latin = Buffer.from(table, 'latin1');
  for (const [name, content, options] of [
    ['semicolons.csv', table, {}],
    ['tabs.tsv', table.replaceAll(';', '\t'), {}],
    ['tabs.txt.csv', table.replaceAll(';', '|'), {}],
    ['excel.csv', `sep=;\r\n${table}`, {}],
    ['marked.csv', `\ufeff${table}`, {}],
    ['utf16.csv', Buffer.from(`\ufeff${table}`, 'utf16le'), {}],
    ['own.csv', table.replaceAll(';', '~'), { delimiter: '~' }],
    ['latin.csv', latin, { encoding: 'latin1' }],
  ]) {
    await sandbox.reset();
    const path = await written(name, content);
    assert.deepEqual((await sent(path, options)).records, [ada], name);
    assert.equal((await client.checkContacts('sugarcrm', path, options)).records, 1, name);
  }
});

test('a ragged row fails alone with its line', async () => {
  const path = await written('ragged.csv', 'email,n\na@b.io,1\nb@b.io,2,more\nc@b.io\n');
  const { report } = await sent(path);
  assert.equal(report.records, 3);
  const messages = Object.fromEntries(report.problems.map((one) => [one.index, one.message]));
  assert.match(messages[1], /line 3: the row has more values than the header/);
  assert.match(messages[2], /line 4: the row has fewer values than the header/);
});

test('what can not be read is one error before anything is sent', async () => {
  for (const [name, content, type, message] of [
    ['twice.csv', 'email,email\na@b.io,1\n', ConfigError, /both named 'email'/],
    ['nameless.csv', 'email,,n\na@b.io,1,2\n', ConfigError, /column 2 .* has no name/],
    ['people.parquet.csv', 'PAR1\x15\x04\x00', ConfigError, /Parquet/],
    ['people.jsonl', 'PK\x03\x04[Content_Types].xml', ConfigError, /Excel/],
    ['latin.csv', Buffer.from('name\nZo\xeb\n', 'latin1'), SourceError, /byte 7 .*encoding/],
  ]) {
    const path = await written(name, content);
    for (const call of ['pushContacts', 'checkContacts']) {
      await assert.rejects(client[call]('hubspot', path), (error) => {
        assert.ok(error instanceof type, `${name}: ${error}`);
        assert.match(error.message, message);
        return true;
      });
    }
  }
  const parquet = pathToFileURL(await written('people.parquet', 'PAR1\x15\x04\x00'));
  await assert.rejects(client.pushContacts('hubspot', parquet), ConfigError);
  await assert.rejects(client.pushContacts('hubspot', pathToFileURL(folder)), /is a folder/);
  assert.deepEqual(await sandbox.requests(), []);
});

test('options of CSV go with CSV alone', async () => {
  const line = '{"email":"a@b.io"}\n';
  const path = await written('people.ndjson', line);
  for (const option of [{ delimiter: ';' }, { encoding: 'utf-8' }]) {
    for (const records of [path, Buffer.from(line), [{ email: 'a@b.io' }]]) {
      for (const call of ['pushContacts', 'checkContacts']) {
        await assert.rejects(client[call]('hubspot', records, option), (error) => {
          assert.ok(error instanceof ConfigError);
          assert.match(error.message, /goes with CSV and TSV files/);
          return true;
        });
      }
    }
  }
  const wrong = { delimiter: ';;' };
  await assert.rejects(client.pushContacts('hubspot', path, wrong), /delimiter is ';;'/);
});
