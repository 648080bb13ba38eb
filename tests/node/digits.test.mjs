// What comes out of reports and dead letters is sent again with the digits that it had.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { ConfigError, ExactNumber, readDeadLetter } from 'graph8-crm';
import { sandboxOfFile } from './support.mjs';

const sandbox = await sandboxOfFile();
const client = sandbox.client({ rateLimit: false });
const folder = await mkdtemp(join(tmpdir(), 'graph8-digits-'));
after(() => rm(folder, { recursive: true }));

const NUMBERS = [
  ...['0', '-0', '7', '-7', '9007199254740993', '18446744073709551616', '9'.repeat(5_000)],
  ...['0.1', '0.10', '250.0', '-0.0', '1.0', '0.30000000000000004', '12345678901234567.89'],
  ...['0.1234567890123456789012345678', '0.0000001', '0.0001', '1e3', '1E3', '1e+3', '1.50e10'],
  ...['1e-7', '1e+21', '1e21', '1e400', '-1e-400', '123456789012345680.0', '-9007199254740993'],
];

let files = 0;

/** The report of a push that the CRM refuses, and the records' texts as they travelled. */
async function refused(records) {
  files += 1;
  const deadLetter = join(folder, `${files}.ndjson`);
  const report = await client.pushContacts('hubspot', records, { deadLetter, batchSize: 1_000 });
  assert.equal(report.failed, report.records);
  const lines = (await readFile(deadLetter, 'utf8')).trimEnd().split('\n');
  // They end in any order.
  const texts = lines.map((line) => /"record":(\{.*\})\}$/.exec(line)[1]).sort();
  return { report, deadLetter, texts };
}

const line = (number, place) =>
  `{"email":"no address ${place}","a":${number},"b":[{"c":${number}},"${number}","-0 1.0 \\" 1e5"]}`;

async function again(numbers) {
  const source = Buffer.from(numbers.map(line).join('\n'));
  const first = await refused(source);
  assert.deepEqual(first.texts, numbers.map(line).sort());
  const merged = first.report.merge(first.report).recordsOf('failed').slice(numbers.length);
  for (const rows of [
    first.report.recordsOf('failed'),
    first.report.problems.map(({ record }) => record),
    await readDeadLetter(first.deadLetter),
    merged,
  ]) {
    assert.deepEqual((await refused(rows)).texts, first.texts);
    // The same, one by one and by values that lie apart.
    const flat = rows.map(({ email, a }) => ({ email, a }));
    const texts = first.texts.map((text) => `${text.slice(0, text.indexOf(',"b":'))}}`);
    assert.deepEqual((await refused(flat)).texts, texts.sort());
  }
  return first.report;
}

test('every number is sent again as it was', async () => {
  const report = await again(NUMBERS);
  const values = report.recordsOf('failed').map(({ a }) => a);
  for (const [place, number] of NUMBERS.entries()) {
    const value = values[place];
    const isExact = String(Number(number)) !== number;
    assert.equal(value instanceof ExactNumber, isExact, number);
    assert.equal(String(value), number);
    assert.equal(Number(value), Number(number));
  }
});

test('any number is sent again as it was', async () => {
  const whole = fc.stringMatching(/^-?(0|[1-9][0-9]{0,30})$/);
  const fraction = fc.stringMatching(/^(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?$/);
  const number = fc.oneof(
    fc.tuple(whole, fraction).map((parts) => parts.join('')),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.bigInt().map(String),
  );
  const numbers = fc.array(number, { minLength: 1, maxLength: 20 });
  const holds = fc.asyncProperty(numbers, async (given) => {
    await again(given);
  });
  await fc.assert(holds, { numRuns: 30 });
});

test('an exact number is a number of any digits', async () => {
  const digits = new ExactNumber(12345678901234567890n);
  assert.equal(digits * 2, Number('24691357802469135780'));
  assert.equal(`${digits}`, '12345678901234567890');
  const written = JSON.stringify({ digits });
  const exact = '{"digits":12345678901234567890}';
  assert.equal(written, 'rawJSON' in JSON ? exact : '{"digits":12345678901234567000}');
  for (const wrong of ['', '1.', '01', ' 1', 'NaN', '1,"x":2', '0x1']) {
    assert.throws(() => new ExactNumber(wrong), ConfigError);
  }
  const email = 'no address';
  const nested = { toJSON: () => ({ email, a: new ExactNumber('1.10') }) };
  const within = { email, a: new Map([['x', new ExactNumber('2.20')]]) };
  const { texts } = await refused([nested, within, { email, a: digits }]);
  assert.deepEqual(texts, [
    '{"email":"no address","a":1.10}',
    '{"email":"no address","a":12345678901234567890}',
    '{"email":"no address","a":{"x":2.20}}',
  ]);
});
