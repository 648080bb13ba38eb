/** Records as JSON text. */

import type { NativeRejection } from './binding.js';
import { configError } from './errors.js';

/** The text of a JSON array, and those of its records that could not be written. */
export interface Encoded {
  readonly json: string;
  readonly rejected: NativeRejection[];
}

/** Writes a slice. A record that throws while it is written is rejected alone. */
export function encode(slice: readonly unknown[]): Encoded {
  try {
    // Almost always this; a replacer function would make it several times slower.
    const json = JSON.stringify(slice);
    if (!json.includes('\\ud')) return { json, rejected: [] };
  } catch {
    // One of them can't be written; below it fails alone.
  }
  return encodeEach(slice);
}

/**
 * JSON.stringify writes an escape of this kind for half a character only. It is no Unicode: the
 * service would refuse the whole request.
 */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

function encodeEach(slice: readonly unknown[]): Encoded {
  const rejected: NativeRejection[] = [];
  const texts = slice.map((record, position) => {
    try {
      const text = JSON.stringify(record, digits) ?? 'null';
      if (!LONE_SURROGATE.test(text)) return text;
      const message = 'has a lone surrogate, which is not Unicode: use text.toWellFormed()';
      rejected.push({ position, message });
    } catch (error) {
      rejected.push({ position, message: `can't be written as JSON: ${wordsOf(error)}` });
    }
    return 'null';
  });
  return { json: `[${texts.join(',')}]`, rejected };
}

function digits(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
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
    return JSON.stringify(Object.fromEntries(entries), digits);
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
