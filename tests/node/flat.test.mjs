// Plain records cross without JSON.stringify; what is sent is what it writes, to the last byte.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { Client } from 'graph8-crm';

const require = createRequire(import.meta.url);
const { flatten } = require('../../bindings-node/dist/flat.js');

let server;
let client;
let body;
/** Of all requests since it was emptied last. */
const bodies = [];

before(async () => {
  server = createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      body = Buffer.concat(pieces).toString();
      bodies.push(body);
      const data = { pushed_count: JSON.parse(body).records.length, failed_count: 0, errors: [] };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ data, pagination: null }));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  client = new Client({ apiKey: 'test', baseUrl, rateLimit: false });
});
after(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

/** The text of the records of the one request that the push of them makes. */
async function sent(records) {
  body = undefined;
  const report = await client.pushContacts('hubspot', records);
  assert.equal(report.pushed, records.length);
  return body.slice('{"records":'.length, -1);
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\x1f', '\x7f', 'é', '€', '😀', '\u2028') }),
  // What has a meaning on the way, or is lost on it.
  fc.string({ unit: fc.constantFrom('a', '\0', '\x01', '\ufffd') }),
);
const value = fc.oneof(
  { weight: 4, arbitrary: text },
  fc.double(),
  fc.integer(),
  fc.date({ noInvalidDate: false }),
  fc.constantFrom({ toJSON: (key) => `the ${key}` }, { toJSON: () => 7 }, { toJSON: () => {} }),
  fc.constantFrom(null, undefined, true, false, Number.NaN, -0, 1e21, Symbol('left out')),
);
// Not the CRM's own names: a record that no error can name travels apart.
const key = fc.oneof(
  fc.string({ unit: 'binary' }).filter((name) => name !== 'toJSON' && !name.includes('mail')),
  fc.constantFrom('__proto__', '7', 'constructor'),
);

/** Slices of records with the same keys. */
const slices = fc.uniqueArray(key, { maxLength: 6 }).chain((keys) => {
  const record = fc.tuple(...keys.map(() => value)).map((values) => {
    const made = { first: 'never left out' };
    for (const [place, name] of keys.entries()) {
      const property = { value: values[place], enumerable: true, configurable: true };
      Object.defineProperty(made, name, property);
    }
    return made;
  });
  return fc.array(record, { minLength: 1, maxLength: 5 });
});

test('any plain records are sent as JSON.stringify writes them', async () => {
  let flat = 0;
  await fc.assert(
    fc.asyncProperty(slices, async (records) => {
      flat += flatten(records) ? 1 : 0;
      assert.equal(await sent(records), JSON.stringify(records));
    }),
    { numRuns: 1_000 },
  );
  assert.ok(flat > 900, `${flat} of 1,000 were tried`);
});

test('many records over several slices are sent whole and in order', async () => {
  const records = Array.from({ length: 1_000 }, (_, index) => ({ a: `x${index}`, b: index % 7 }));
  const report = await client.pushContacts('hubspot', records, { batchSize: 1_000 });
  assert.equal(report.pushed, 1_000);
  assert.equal(body, JSON.stringify({ records }));
});

test('texts of any length are sent whole, and the memory for them is used again', async () => {
  const lengths = [0, 1, 3, 4, 5, 31, 32, 33, 34, 43, 44, 45, 46, 1_000, 100_000];
  const units = ['a', 'é', '€', '😀', '"'];
  const records = lengths.flatMap((length) =>
    units.map((unit) => ({ a: unit.repeat(length), b: length, c: 'x'.repeat(length), d: null })),
  );
  for (const some of [records, records.slice(0, 30), records.slice(-1), records.slice(0, 5)]) {
    bodies.length = 0;
    const report = await client.pushContacts('hubspot', some);
    assert.equal(report.pushed, some.length);
    // More than fits into one request arrives in any order.
    const arrived = bodies.flatMap((text) =>
      JSON.parse(text).records.map((one) => JSON.stringify(one)),
    );
    assert.deepEqual(arrived.sort(), some.map((one) => JSON.stringify(one)).sort());
  }
});

test('pushes side by side, and one within the forms of another, do not mix their values', async () => {
  const within = [];
  const records = (name) =>
    Array.from({ length: 50 }, (_, index) => ({
      a: `${name} ${index}`,
      b: {
        toJSON() {
          if (index === 25)
            within.push(client.pushContacts('hubspot', [{ a: `in ${name}`, b: 1 }]));
          return `form ${index}`;
        },
      },
    }));
  bodies.length = 0;
  const reports = await Promise.all(
    ['one', 'two', 'three'].map((name) => client.pushContacts('hubspot', records(name))),
  );
  reports.push(...(await Promise.all(within)));
  assert.equal(
    reports.reduce((sum, report) => sum + report.pushed, 0),
    3 * 50 + 3,
  );
  const arrived = bodies.map((text) => JSON.stringify(JSON.parse(text).records)).sort();
  const expected = ['one', 'two', 'three'].flatMap((name) => [
    Array.from({ length: 50 }, (_, index) => ({ a: `${name} ${index}`, b: `form ${index}` })),
    [{ a: `in ${name}`, b: 1 }],
  ]);
  assert.deepEqual(arrived, expected.map((some) => JSON.stringify(some)).sort());
});

class Person {
  a = 1;
}
const shared = { a: 'x' };

test('what JSON.stringify would write otherwise is left to it', () => {
  assert.ok(flatten([shared]));
  const unlike = {
    'other keys': [shared, { b: 'x' }],
    'a key less': [{ a: 'x', b: 'y' }, shared],
    'a key more': [shared, { a: 'x', b: 'y' }],
    'another order': [
      { a: 'x', b: 'y' },
      { b: 'y', a: 'x' },
    ],
    'no keys': [{}],
    'too many keys': [Object.fromEntries(Array.from({ length: 1_001 }, (_, key) => [key, 'x']))],
    'no object': ['x'],
    nothing: [null],
    'an array': [['x']],
    'an array in disguise': [Object.setPrototypeOf(['x'], Object.prototype)],
    'a class': [new Person()],
    'no prototype': [Object.assign(Object.create(null), shared)],
    'inherited fields': [Object.create(shared, { b: { value: 1, enumerable: true } })],
    'a toJSON': [{ a: 'x', toJSON: () => 'y' }],
    'a hidden toJSON': [Object.defineProperty({ a: 'x' }, 'toJSON', { value: () => 'y' })],
    'an object': [{ a: { toJSON: 'no function' } }],
    'a form that is an object': [{ a: Buffer.from('x') }],
    'a list': [{ a: [] }],
    'a big number': [{ a: 1n }],
    'a boxed text': [{ a: Object('x') }],
    'a function with a form': [{ a: Object.assign(() => 1, { toJSON: () => 'y' }) }],
    'a getter that throws': [
      {
        get a() {
          throw new Error('no');
        },
      },
    ],
  };
  for (const [name, records] of Object.entries(unlike)) {
    assert.equal(flatten(records), undefined, name);
  }
});

test('a prototype with fields or a form of its own is left to JSON.stringify', () => {
  for (const [name, property] of [
    ['b', { value: 'inherited', enumerable: true, configurable: true }],
    ['toJSON', { value: () => 'y', configurable: true }],
  ]) {
    Object.defineProperty(Object.prototype, name, property);
    try {
      assert.equal(flatten([{ a: 'x', b: 'own' }, { a: 'x' }]), undefined);
      assert.equal(flatten([{ a: 'x' }]), undefined);
    } finally {
      delete Object.prototype[name];
    }
  }
});

test('a form of all arrays or of all texts changes no records', async () => {
  for (const prototype of [Array.prototype, String.prototype]) {
    prototype.toJSON = () => 'nothing';
    // Read before it gives a promise; the server must not see the form.
    const push = sent([{ a: 'x' }]);
    delete prototype.toJSON;
    assert.equal(await push, '[{"a":"x"}]');
  }
});

test('an unpaired surrogate fails its record alone', async () => {
  const report = await client.pushContacts('hubspot', [{ a: 'x' }, { a: 'y\ud83d' }, { a: 'z' }]);
  assert.deepEqual([report.pushed, report.failed], [2, 1]);
  assert.match(report.problems[0].message, /lone surrogate/);
  assert.deepEqual(Array.from(report.outcomes), [0, 1, 0]);
});
