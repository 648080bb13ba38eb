/**
 * Records of the usual kind, whose JSON the addon writes on another thread: to collect their values
 * takes the event loop a third of JSON.stringify's time.
 */

import type { NativeSlice } from './binding.js';

const { getPrototypeOf, keys: keysOf, prototype } = Object;
const { isArray } = Array;

/** So that one odd record at the beginning does not ask for memory as if all were like it. */
const MOST_KEYS = 1_000;

/**
 * A slice of plain objects that have the same keys in the same order, and as values only strings,
 * numbers, booleans, null, undefined and what has one of these as its toJSON; undefined when it is
 * none. Of each, the text is what JSON.stringify would write.
 */
export function flatten(slice: readonly unknown[]): NativeSlice | undefined {
  try {
    return isPlain(slice[0]) && hasNothingInherited() ? flat(slice, keysOf(slice[0])) : undefined;
  } catch {
    // A getter's or a proxy's: who writes record by record finds out which.
    return undefined;
  }
}

type Plain = Record<string, unknown> & { toJSON?: unknown };

function isPlain(record: unknown): record is Plain {
  return (
    typeof record === 'object' &&
    record !== null &&
    getPrototypeOf(record) === prototype &&
    (record as Plain).toJSON === undefined &&
    !isArray(record)
  );
}

/** Whether `for` over a plain object finds its own keys alone. */
function hasNothingInherited(): boolean {
  for (const _ in prototype) return false;
  return true;
}

function flat(slice: readonly unknown[], keys: readonly string[]): NativeSlice | undefined {
  if (keys.length === 0 || keys.length > MOST_KEYS) return undefined;
  // Joined at the end: sums of strings, or an array that grows, would be garbage of twice the size.
  const values = new Array<string>(slice.length * keys.length);
  let count = 0;
  let literals = 0;
  for (let position = 0; position < slice.length; position += 1) {
    const record = slice[position];
    if (!isPlain(record)) return undefined;
    let place = 0;
    // Over an object of a shape it has seen, `for` is much faster than what else gives keys or values.
    for (const key in record) {
      if (key !== keys[place]) return undefined;
      place += 1;
      const given = record[key];
      const value = typeof given === 'object' ? formOf(given, key) : given;
      if (typeof value === 'string') {
        values[count] = value;
      } else {
        const literal = literalOf(value);
        if (literal === undefined) return undefined;
        literals += 1;
        values[count] = literal;
      }
      count += 1;
    }
    if (place !== keys.length) return undefined;
  }
  return {
    text: values.join('\0'),
    count: slice.length,
    flat: { keys: textOf(keys), literals },
  };
}

/** What the value's toJSON gives, as for a Date; else the value itself. */
function formOf(value: object | null, key: string): unknown {
  const toJSON: unknown = (value as { toJSON?: unknown } | null)?.toJSON;
  return typeof toJSON === 'function' ? toJSON.call(value, key) : value;
}

function literalOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? `\x01${value}` : '\x01null';
    case 'boolean':
      return value ? '\x01true' : '\x01false';
    case 'undefined':
    case 'symbol':
      return '\x01';
    default:
      return value === null ? '\x01null' : undefined;
  }
}

/** The keys written last; those of the next slice are mostly the same. */
let written: { readonly keys: readonly string[]; readonly text: string } = { keys: [], text: '' };

function textOf(keys: readonly string[]): string {
  const { length } = keys;
  if (written.keys.length !== length || keys.some((key, place) => key !== written.keys[place])) {
    written = { keys, text: keys.map((key) => `${JSON.stringify(key)}\0`).join('') };
  }
  return written.text;
}
