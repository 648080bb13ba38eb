/**
 * Records of the usual kind, whose JSON the addon writes on another thread: passing their values takes
 * the event loop less time than JSON.stringify, and leaves no garbage to collect.
 */

import type { NativeSlice } from './binding.js';
import { ExactNumber } from './exact-number.js';
import { Values } from './values.js';

const { getPrototypeOf, keys: keysOf, prototype } = Object;
const { isArray } = Array;

/** So that one odd record at the beginning does not ask for memory as if all were like it. */
const MOST_KEYS = 1_000;

/** A slice whose values lie in memory that is used again once the addon has taken it. */
export interface FlatSlice extends NativeSlice {
  readonly memory: Values;
}

/** What the next slice is written to. */
let spare: Values | undefined;

/** Gives back what the addon has taken. */
export function release(slice: NativeSlice | FlatSlice): void {
  if ('memory' in slice) spare = slice.memory;
}

/**
 * A slice of plain objects that have the same keys in the same order, and as values only strings,
 * numbers, exact ones too, booleans, null, undefined and objects whose toJSON gives one of these; undefined for any
 * other slice. The text of each record is what JSON.stringify would write.
 */
export function flatten(slice: readonly unknown[]): FlatSlice | undefined {
  const values = spare ?? new Values();
  // A toJSON may push records of its own.
  spare = undefined;
  const keys = written(slice, values);
  if (!keys) {
    spare = values;
    return undefined;
  }
  const flat = { keys: textOf(keys), values: values.bytes, used: values.used };
  return { count: slice.length, flat, memory: values };
}

/** The keys of the records whose values were written. */
function written(slice: readonly unknown[], values: Values): readonly string[] | undefined {
  try {
    if (!isPlain(slice[0]) || !hasNothingInherited()) return undefined;
    const keys = keysOf(slice[0]);
    return write(slice, keys, values) ? keys : undefined;
  } catch {
    // A getter or a proxy threw: writing record by record finds out which.
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

function write(slice: readonly unknown[], keys: readonly string[], values: Values): boolean {
  if (keys.length === 0 || keys.length > MOST_KEYS) return false;
  values.clear();
  for (let position = 0; position < slice.length; position += 1) {
    const record = slice[position];
    if (!isPlain(record)) return false;
    let place = 0;
    // Over objects of one shape, `for` is much faster than Object.keys or Object.entries.
    for (const key in record) {
      if (key !== keys[place]) return false;
      place += 1;
      const given = record[key];
      const value = typeof given === 'object' ? formOf(given, key) : given;
      if (typeof value === 'string') {
        values.addText(value);
      } else {
        const literal = literalOf(value);
        if (literal === undefined) return false;
        values.addLiteral(literal);
      }
    }
    if (place !== keys.length) return false;
  }
  return true;
}

/** What the value's toJSON gives (a Date has one), else the value itself; so is an exact number. */
function formOf(value: object | null, key: string): unknown {
  if (value instanceof ExactNumber) return value;
  const toJSON: unknown = (value as { toJSON?: unknown } | null)?.toJSON;
  return typeof toJSON === 'function' ? toJSON.call(value, key) : value;
}

/** The JSON text: empty for what JSON leaves out, undefined for what only JSON.stringify writes. */
function literalOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? `${value}` : 'null';
    case 'boolean':
      return value ? 'true' : 'false';
    case 'undefined':
    case 'symbol':
      return '';
    default:
      if (value === null) return 'null';
      return value instanceof ExactNumber ? value.digits : undefined;
  }
}

/** The keys handed over last; those of the next slice are mostly the same. */
let known: { readonly keys: readonly string[]; readonly text: string } = { keys: [], text: '' };

function textOf(keys: readonly string[]): string {
  const { length } = keys;
  if (known.keys.length !== length || keys.some((key, place) => key !== known.keys[place])) {
    known = { keys, text: keys.map((key) => `${JSON.stringify(key)}\0`).join('') };
  }
  return known.text;
}
