// Records and sources that lie, throw, re-enter, change or vanish: no crash, no record lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Client } from 'graph8-crm';
import { rejection, sandboxOfFile } from './support.mjs';

const sandbox = await sandboxOfFile();

let number = 0;

function good() {
  number += 1;
  return { email: `good${number}@example.com`, firstname: 'Good' };
}

function client() {
  return sandbox.client({ rateLimit: false });
}

function push(records, options) {
  return client().pushContacts('hubspot', records, options);
}

function counts({ pushed, failed, unknown, notSent }) {
  return [pushed, failed, unknown, notSent];
}

function nested(depth, wrap) {
  let value = 1;
  for (let level = 0; level < depth; level += 1) value = wrap(value);
  return value;
}

function thrower(thrown) {
  return () => {
    throw thrown;
  };
}

function revoked() {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const cycle = {};
cycle.self = cycle;

const HOSTILE = [
  [
    '10,000 arrays deep',
    () => ({ firstname: nested(10_000, (value) => [value]) }),
    /field 'firstname' is nested deeper than 124 levels/,
  ],
  ['a million arrays deep', () => nested(1_000_000, (value) => [value]), /deeper than 124 levels/],
  ['10,000 objects deep', () => nested(10_000, (a) => ({ a })), /field 'a' is nested deeper/],
  ['125 arrays deep', () => ({ a: nested(125, (value) => [value]) }), /deeper than 124 levels/],
  [
    'a Map 125 arrays deep',
    () => new Map([['a', nested(125, (value) => [value])]]),
    /field 'a' is nested deeper than 124 levels/,
  ],
  ['a cycle', () => cycle, /field 'self' contains itself/],
  ['an inner cycle', () => ({ a: [1, [cycle]] }), /field 'a\[1\]\[0\].self' contains itself/],
  ['inner bytes', () => ({ a: { b: [Buffer.from('x')] } }), /field 'a.b\[0\]' is binary/],
  [
    'an inner getter that throws',
    () => ({ a: { b: [1, Object.defineProperty({ c: [2], d: { e: 1 } }, 'f', hidden())] } }),
    /field 'a.b\[1\].f': getter/,
  ],
  [
    'an inner toJSON that throws',
    () => ({ a: [{ b: 1 }, { toJSON: thrower(new Error('boom')) }] }),
    /field 'a\[1\]': boom/,
  ],
  ['a toJSON that throws', () => ({ toJSON: thrower(new Error('boom')) }), /boom/],
  ['a toJSON that throws nothing', () => ({ toJSON: thrower(undefined) }), /undefined/],
  ['a toJSON without end', () => nestedToJson(), /nested deeper than 124 levels/],
  ['a toJSON that gives nothing', () => ({ toJSON: () => undefined }), /not an object/],
  ['a getter that throws', () => Object.defineProperty({}, 'a', hidden()), /field 'a': getter/],
  ['a proxy that throws', () => new Proxy({}, { ownKeys: thrower(new Error('keys')) }), /keys/],
  ['a revoked proxy', revoked, /revoked/],
  ['null', () => null, /not an object/],
  ['undefined', () => undefined, /not an object/],
  ['a symbol', () => Symbol('a'), /not an object/],
  ['a function', () => () => 1, /not an object/],
  ['a lone surrogate', () => ({ firstname: '\ud800' }), /field 'firstname': has a lone/],
  [
    'an inner lone surrogate',
    () => ({ n: 1, a: [{ b: 1 }, { c: ['x', '\ud800'] }] }),
    /field 'a\[1\].c\[1\]': has a lone surrogate/,
  ],
];

function nestedToJson() {
  return { toJSON: () => ({ a: nestedToJson() }) };
}

function hidden() {
  return { enumerable: true, get: thrower(new Error('getter')) };
}

for (const [name, make, words] of HOSTILE) {
  test(`${name} fails alone`, async () => {
    const report = await push([good(), make(), good()]);
    assert.deepEqual(counts(report), [2, 1, 0, 0]);
    assert.match(report.problems[0].message, words);
    assert.equal(report.problems[0].index, 1);
  });
}

test('124 arrays deep is no fault', async () => {
  const deep = nested(124, (value) => [value]);
  // With a Set all documented forms are written.
  const report = await client().pushContacts('sugarcrm', [
    { ...good(), a: deep },
    { ...good(), a: deep, b: new Set([1]) },
  ]);
  assert.deepEqual(counts(report), [2, 0, 0, 0]);
});

test('an object that is there twice is no cycle', async () => {
  const shared = { city: ['Berlin'] };
  const report = await client().pushContacts('sugarcrm', [
    { ...good(), a: [shared, shared], b: shared, c: new Set([1]) },
  ]);
  assert.deepEqual(counts(report), [1, 0, 0, 0]);
});

const manyKeys = () =>
  Object.fromEntries(Array.from({ length: 1_000_000 }, (_, key) => [`key${key}`, key]));
for (const [name, make] of [
  ['100 MB of text', () => ({ firstname: 'x'.repeat(100_000_000) })],
  ['a million keys', manyKeys],
]) {
  test(`${name} puts no other record at risk`, async () => {
    const records = Array.from({ length: 201 }, good);
    Object.assign(records[100], make());
    const report = await push(records, { batchSize: 50 });
    assert.deepEqual(counts(report), [200, 1, 0, 0]);
    assert.match(report.messages[0].message, /too large/);
  });
}

test('a record may use the client that reads it', async () => {
  const shared = client();
  const inner = [];
  const toJSON = () => {
    inner.push(shared.status('hubspot'), shared.pushContacts('hubspot', [good()]));
    return good();
  };
  const report = await shared.pushContacts('hubspot', [{ toJSON }, good()]);
  assert.equal(report.pushed, 2);
  await Promise.all(inner);
  assert.equal((await sandbox.records('hubspot', 'contacts')).length, 2 + inner.length / 2);
});

test('an array that its own records empty loses nothing that was read', async () => {
  const records = Array.from({ length: 300 }, good);
  records[0].toJSON = () => {
    records.length = 0;
    return good();
  };
  const report = await push(records);
  assert.deepEqual(counts(report), [100, 0, 0, 0]);
});

test('an array that its own records extend ends', async () => {
  const records = [];
  const toJSON = () => {
    records.push(good());
    return good();
  };
  for (let index = 0; index < 10; index += 1) records.push({ toJSON });
  assert.deepEqual(counts(await push(records)), [10, 0, 0, 0]);
});

test('a toJSON of arrays neither loses nor changes records', async () => {
  class Rows extends Array {
    toJSON() {
      return [this[0]];
    }
  }
  assert.equal((await push(Rows.from([good(), good(), good()]))).pushed, 3);
  for (const toJSON of [() => 'text', () => [], thrower(new Error('no'))]) {
    Array.prototype.toJSON = toJSON;
    let report;
    try {
      report = await push([good(), good()]);
    } finally {
      delete Array.prototype.toJSON;
    }
    assert.deepEqual(counts(report), [2, 0, 0, 0]);
  }
});

test('an array that throws when it is read comes out with the report', async () => {
  const get = (target, key) => (key === '1' ? thrower(new Error('read'))() : target[key]);
  const error = await rejection(push(new Proxy([good(), good(), good()], { get })));
  assert.equal(error.message, 'read');
  assert.deepEqual(counts(error.report), [1, 0, 0, 2]);
});

for (const length of [-5, Number.NaN, 0]) {
  test(`an array of the length ${length} is empty`, async () => {
    const get = (target, key) => (key === 'length' ? length : target[key]);
    assert.deepEqual(counts(await push(new Proxy([good()], { get }))), [0, 0, 0, 0]);
  });
}

test('an array of four thousand million holes ends with all of them counted', async () => {
  const records = new Array(2 ** 32 - 1);
  const error = await rejection(push(records, { maxFailures: 5 }));
  assert.equal(error.report.records, records.length);
  assert.equal(error.report.failed + error.report.notSent, records.length);
  assert.equal(error.report.outcome(records.length - 1), 'not_sent');
});

const ITERATORS = [
  ['throws', thrower(new Error('next')), /next/],
  ['gives no step', () => 5, /gave 5 instead of a step/],
  ['gives nothing', () => undefined, /gave undefined instead of a step/],
  [
    'gives a step that throws',
    () => ({
      get done() {
        throw new Error('done');
      },
    }),
    /done/,
  ],
];
for (const [name, next, words] of ITERATORS) {
  test(`an iterator that ${name} ends the push with the report`, async () => {
    const asyncNext = async () => next();
    for (const source of [
      { [Symbol.iterator]: () => ({ next }) },
      { [Symbol.asyncIterator]: () => ({ next: asyncNext }) },
    ]) {
      const error = await rejection(push(source));
      assert.match(error.message, words);
      assert.equal(error.report.records, 0);
    }
  });
}

test('bytes that are changed or taken away once they were handed over do no harm', async () => {
  async function* source() {
    for (let index = 0; index < 3; index += 1) {
      const bytes = new TextEncoder().encode(`${JSON.stringify(good())}\n`);
      yield bytes;
      bytes.fill(0);
      structuredClone(bytes, { transfer: [bytes.buffer] });
    }
  }
  assert.deepEqual(counts(await push(source())), [3, 0, 0, 0]);
  const detached = new TextEncoder().encode(`${JSON.stringify(good())}\n`);
  structuredClone(detached, { transfer: [detached.buffer] });
  assert.match((await rejection(push(detached))).message, /detached/);
});

test('a list change that throws when it is read fails alone', async () => {
  const change = new Proxy({}, { has: thrower(new Error('has')) });
  const [list] = await sandbox.lists('hubspot');
  const report = await client().pushLists('hubspot', [change, { listId: list.id, add: [] }]);
  assert.equal(report.outcome(0), 'failed');
  assert.match(report.problems[0].message, /has/);
});

test('a client closed under a push ends no push', async () => {
  const closing = client();
  function* source() {
    for (let index = 0; index < 500; index += 1) {
      if (index === 250) closing.close();
      yield good();
    }
  }
  const report = await closing.pushContacts('hubspot', source());
  assert.deepEqual(counts(report), [500, 0, 0, 0]);
});

for (const baseUrl of [
  'https://me:canary@graph8.example',
  'http://127.0.0.1@evil.example',
  'http://localhost.evil.example',
  'https://graph8.example/#fragment',
  'https://graph8.example/?key=canary',
  'https://graph8.example\r\nHost: evil.example/',
  'ftp://graph8.example',
  'file:///etc/passwd',
  'javascript:alert(1)',
  '//evil.example',
]) {
  test(`the address ${JSON.stringify(baseUrl)} is refused`, () => {
    assert.throws(
      () => new Client({ apiKey: 'g8_test_key', baseUrl }),
      (error) => /base URL/.test(error.message) && !/canary/.test(inspect(error)),
    );
  });
}
