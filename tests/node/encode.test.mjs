// Any value is written as JSON.stringify and the documented forms say.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';

const require = createRequire(import.meta.url);
const { encodeCarefully } = require('../../bindings-node/dist/encode.js');

/** The documented form; undefined is left out of objects and null in arrays. */
function form(value) {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Date) return form(value.toJSON());
  if (value instanceof Map) return form(Object.fromEntries(value));
  if (value instanceof Set || ArrayBuffer.isView(value)) return form([...value]);
  if (Array.isArray(value)) return value.map((item) => form(item) ?? null);
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, inner]) => [key, form(inner)]);
    return Object.fromEntries(members.filter(([, inner]) => inner !== undefined));
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  return ['undefined', 'function', 'symbol'].includes(typeof value) ? undefined : value;
}

const key = fc
  .string({ unit: 'grapheme' })
  .filter((name) => name !== '__proto__' && name !== 'toJSON');
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, undefined, true, false, '', '{}', '{"0":', '{"type":"Buffer"'),
    fc.string({ unit: 'grapheme' }),
    fc.double(),
    fc.bigInt(),
    fc.date({ noInvalidDate: false }),
    fc.float64Array(),
    fc.int16Array(),
    fc.bigInt64Array(),
    fc.array(tie('value')),
    fc.uniqueArray(tie('value')).map((items) => new Set(items)),
    fc.dictionary(key, tie('value')),
    fc.array(fc.tuple(key, tie('value'))).map((pairs) => new Map(pairs)),
  ),
}));

test('any slice reads back in its documented form, key order kept', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(key, value), { maxLength: 5 }), (slice) => {
      const { text: json, rejected } = encodeCarefully(slice);
      assert.deepEqual(rejected, []);
      const expected = slice.map(form);
      const zeros = (_, inner) => (Object.is(inner, -0) ? 0 : inner);
      assert.deepEqual(JSON.parse(json, zeros), expected);
      assert.equal(JSON.stringify(JSON.parse(json)), JSON.stringify(expected));
    }),
    { numRuns: Number(process.env.FAST_CHECK_RUNS ?? 2_000) },
  );
});
