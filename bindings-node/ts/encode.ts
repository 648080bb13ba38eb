/** Records as JSON text. */

import type { NativeRejection } from './binding.js';
import { configError } from './errors.js';

/** The text of a JSON array, and those of its records that could not be written. */
export interface Encoded {
  readonly json: string;
  readonly rejected: NativeRejection[];
  /** Whether each value has its documented form; else the addon says if that has to be done. */
  readonly isCareful: boolean;
}

/** Makes of a record what the core reads. */
export type Prepare = (record: unknown) => unknown;

const asItIs: Prepare = (record) => record;

/** Writes a slice. A record that throws while it is read or written is rejected alone. */
export function encode(slice: readonly unknown[], prepare?: Prepare): Encoded {
  try {
    const records = prepare ? slice.map(prepare) : slice;
    // A replacer function would make it several times slower.
    return { json: JSON.stringify(records), rejected: [], isCareful: false };
  } catch {
    // One of them can't be written.
    return encodeCarefully(slice, prepare);
  }
}

/** As {@link encode}, record by record and with all documented forms. */
export function encodeCarefully(slice: readonly unknown[], prepare: Prepare = asItIs): Encoded {
  const rejected: NativeRejection[] = [];
  const texts = slice.map((record, position) => {
    try {
      return JSON.stringify(prepare(record), form) ?? 'null';
    } catch (error) {
      rejected.push({ position, message: `can't be written as JSON: ${wordsOf(error)}` });
      return 'null';
    }
  });
  return { json: `[${texts.join(',')}]`, rejected, isCareful: true };
}

/** The forms that JSON.stringify does not have by itself. */
function form(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  // Before its toJSON was called.
  const own = (this as Record<string, unknown>)[key];
  if (typeof own !== 'object' || own === null) return value;
  if (own instanceof Map) return objectOf(own, key);
  if (own instanceof Set) return [...own];
  if (own instanceof Uint8Array || own instanceof ArrayBuffer || own instanceof DataView) {
    throw new TypeError(`${named(key)} is binary: use text, for example toString('base64')`);
  }
  return ArrayBuffer.isView(own) ? Array.from(own as unknown as ArrayLike<unknown>) : value;
}

function objectOf(map: Map<unknown, unknown>, key: string): object {
  for (const name of map.keys()) {
    if (typeof name !== 'string') {
      throw new TypeError(`${named(key)} is a Map with a key of type ${typeof name}: use strings`);
    }
  }
  return Object.fromEntries(map as Map<string, unknown>);
}

function named(key: string): string {
  return key === '' ? 'it' : `field '${key}'`;
}

/** What anything thrown has to say. */
export function wordsOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return 'something without words was thrown';
  }
}

/** Options of a push as the core reads them. */
export function coreOptions(given: object): string {
  const entries = Object.entries(given).map(([name, value]) => {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw configError(`${name} is ${value}: use a finite number`);
    }
    return [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value];
  });
  try {
    return JSON.stringify(Object.fromEntries(entries), form);
  } catch (error) {
    throw configError(`providerFields can't be written as JSON: ${wordsOf(error)}`);
  }
}

/** A list change under the service's names; anything else stays for the core to judge. */
export function plainChange(change: unknown): unknown {
  if (typeof change !== 'object' || change === null || !('listId' in change)) return change;
  const { listId, ...rest } = change;
  return { list_id: listId, ...rest };
}
