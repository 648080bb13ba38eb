/** Records as the addon takes them. */

import { types } from 'node:util';
import type { NativeRejection, NativeSlice } from './binding.js';
import { configError } from './errors.js';
import { stringify } from './exact-number.js';
import { flatten } from './flat.js';
import { snakeName } from './keys.js';
import { lossOf } from './kinds.js';
import { SLICE } from './source.js';

/** Makes of a record what the core reads. */
export type Prepare = (record: unknown) => unknown;

/** Slices that are not tried as flat ones after one that was not flat. */
const PATIENCE = 16;

/** Characters of a slice's text beyond which larger slices gain nothing. */
const ENOUGH = 64 * 1024;

/** Writes the slices of one push. */
export class SliceWriter {
  #untried = 0;
  #most = SLICE;

  /**
   * @param largest - Records that a slice holds at most.
   * @param prepare - Applied to each record.
   */
  constructor(
    private readonly largest: number,
    private readonly prepare?: Prepare,
  ) {}

  /** Records that the next slice should hold: more while they are small, for fewer calls of the addon. */
  get most(): number {
    return this.#most;
  }

  /** Writes a slice. A record that throws while it is read or written is rejected alone. */
  write(slice: readonly unknown[]): NativeSlice {
    const written = this.#flat(slice) ?? encode(slice, this.prepare);
    const size = written.flat?.used ?? written.text?.length ?? 0;
    const isSmall = slice.length >= this.#most && size < ENOUGH;
    if (isSmall) this.#most = Math.min(this.#most * 2, this.largest);
    else if (size > 2 * ENOUGH) this.#most = Math.ceil((slice.length * ENOUGH) / size);
    return written;
  }

  /** Writes a slice so that it is never asked for again. */
  writeForGood(slice: readonly unknown[]): NativeSlice {
    return encodeCarefully(slice, this.prepare);
  }

  /** Writes a slice again, record by record, since the addon asked for that. */
  writeCarefully(slice: readonly unknown[]): NativeSlice {
    this.#untried = PATIENCE;
    return encodeCarefully(slice, this.prepare);
  }

  #flat(slice: readonly unknown[]): NativeSlice | undefined {
    if (this.prepare) return undefined;
    if (this.#untried > 0) {
      this.#untried -= 1;
      return undefined;
    }
    const flat = flatten(slice);
    if (!flat) this.#untried = PATIENCE;
    return flat;
  }
}

const asItIs: Prepare = (record) => record;

function encode(slice: readonly unknown[], prepare?: Prepare): NativeSlice {
  try {
    // An error has a code, a StructRow of Arrow numbers: JSON would show nothing wrong.
    if (slice.some(needsCare)) return encodeCarefully(slice, prepare);
    const records = prepare ? slice.map(prepare) : slice;
    // A replacer function would make it several times slower.
    return { text: stringify(records) ?? '', count: slice.length };
  } catch {
    // One of them can't be written.
    return encodeCarefully(slice, prepare);
  }
}

function needsCare(record: unknown): boolean {
  return types.isNativeError(record) || types.isPromise(record) || isArrowRow(record);
}

const PARENT = Symbol.for('parent');
const ROW_INDEX = Symbol.for('rowIndex');

/** A row of a table of `apache-arrow`, whose toJSON gives moments as numbers. */
function isArrowRow(record: unknown): boolean {
  // Arrow's rows are proxies; what any other proxy does is met when it is written.
  if (!types.isProxy(record)) return false;
  const row = record as unknown as Record<symbol, unknown>;
  return row[ROW_INDEX] !== undefined && row[PARENT] !== undefined;
}

/** A slice record by record, with all documented forms. */
export function encodeCarefully(
  slice: readonly unknown[],
  prepare: Prepare = asItIs,
): NativeSlice & { rejected: NativeRejection[] } {
  const rejected: NativeRejection[] = [];
  const texts = slice.map((record, position) => {
    try {
      if (isArrowRow(record)) {
        throw new TypeError('it is a row of an Arrow table: pass the table itself');
      }
      return stringifyCarefully(prepare(record)) ?? 'null';
    } catch (error) {
      rejected.push({ position, message: `can't be written as JSON: ${messageOf(error)}` });
      return 'null';
    }
  });
  return { text: `[${texts.join(',')}]`, count: slice.length, rejected };
}

/** Levels of lists and objects within a record, as in the core. */
const MOST_LEVELS = 124;

/** Characters of a path in a message. */
const MAX_PATH = 200;

/** A list or an object that is being written. */
interface Container {
  /** What JSON.stringify goes through. */
  readonly written: object;
  /** What it was made of. */
  readonly given: unknown;
  readonly key: string;
  /** How many of its values were taken. */
  taken: number;
}

/** An error whose message says where. */
class PlacedError extends TypeError {}

/** Writes a record in the documented forms; what it throws says where it was. */
function stringifyCarefully(record: unknown): string | undefined {
  const path: Container[] = [];
  try {
    return stringify(record, function (this: unknown, key: string, value: unknown): unknown {
      while (path.length > 0 && path.at(-1)?.written !== this) path.pop();
      // Before its toJSON was called.
      const own = (this as Record<string, unknown>)[key];
      const place = () => named(placeOf(path, key));
      const written = form(own, value, place);
      const outer = path.at(-1);
      if (outer) outer.taken += 1;
      if (typeof written !== 'object' || written === null) return written;
      const given = typeof own === 'object' ? own : value;
      if (path.some((container) => container.given === given)) {
        throw new PlacedError(`${place()} contains itself: leave it out`);
      }
      if (path.length > MOST_LEVELS) {
        const field = named(placeOf(path.slice(0, 1), path[1]?.key ?? ''));
        throw new PlacedError(`${field} is nested deeper than ${MOST_LEVELS} levels: flatten it`);
      }
      path.push({ written, given, key, taken: 0 });
      return written;
    });
  } catch (error) {
    const place = error instanceof PlacedError ? undefined : unreadPlace(path);
    if (place === undefined) throw error;
    throw new PlacedError(`field '${place}': ${messageOf(error)}`);
  }
}

/** The place of the value that could not be read, which is the one after those that were. */
function unreadPlace(path: Container[]): string | undefined {
  try {
    for (; path.length > 0; path.pop()) {
      const { written, taken } = path.at(-1) as Container;
      const keys = Object.keys(written);
      const key = keys[taken];
      if (key !== undefined) return placeOf(path, key);
    }
  } catch {
    // A proxy, which does not tell.
  }
  return undefined;
}

/** Where a value is in its record, as in `a.b[0]`. */
function placeOf(path: readonly Container[], key: string): string {
  let place = '';
  for (const [depth, { written }] of path.entries()) {
    const step = path[depth + 1]?.key ?? key;
    if (Array.isArray(written)) place += `[${step}]`;
    else place += place === '' ? step : `.${step}`;
  }
  return place.length > MAX_PATH ? `${place.slice(0, MAX_PATH)}…` : place;
}

/** The forms that JSON.stringify does not have by itself. */
function form(own: unknown, value: unknown, named: () => string): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof own !== 'object' || own === null) return value;
  // Not instanceof: objects of another realm have other classes.
  if (types.isMap(own)) return objectOf(own, named);
  if (types.isSet(own)) return [...own];
  if (types.isUint8Array(own) || types.isAnyArrayBuffer(own) || types.isDataView(own)) {
    throw new PlacedError(`${named()} is binary: use text, for example toString('base64')`);
  }
  if (ArrayBuffer.isView(own)) return Array.from(own as unknown as ArrayLike<unknown>);
  if (types.isBigIntObject(own)) return String(own);
  const loss = lossOf(own);
  if (loss) throw new PlacedError(`${named()} ${loss}`);
  return value;
}

function objectOf(map: Map<unknown, unknown>, named: () => string): object {
  for (const name of map.keys()) {
    if (typeof name !== 'string') {
      throw new PlacedError(`${named()} is a Map with a key of type ${typeof name}: use strings`);
    }
  }
  return Object.fromEntries(map as Map<string, unknown>);
}

function named(place: string): string {
  return place === '' ? 'it' : `field '${place}'`;
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
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
    return [snakeName(name), value];
  });
  try {
    return stringifyCarefully(Object.fromEntries(entries)) ?? '{}';
  } catch (error) {
    throw configError(`providerFields can't be written as JSON: ${messageOf(error)}`);
  }
}

/** The service's names of a list change's members. */
const CHANGE_NAMES: ReadonlyMap<string, string> = new Map([
  ['listId', 'list_id'],
  ['listName', 'list_name'],
  ['addEmails', 'add_emails'],
  ['removeEmails', 'remove_emails'],
]);

/** A list change under the service's names; anything else stays for the core to judge. */
export function plainChange(change: unknown): unknown {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return change;
  const names = Object.keys(change);
  if (!names.some((name) => CHANGE_NAMES.has(name))) return change;
  const entries = Object.entries(change);
  return Object.fromEntries(
    entries.map(([name, value]) => [CHANGE_NAMES.get(name) ?? name, value]),
  );
}
