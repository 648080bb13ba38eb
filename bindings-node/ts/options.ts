/** What callers pass in, and the check that it has the right JavaScript types. */

import { configError } from './errors.js';
import type { Provider } from './names.js';
import { ProgressStream } from './progress.js';
import type { CompanyRecords, ContactRecords } from './records.js';

export {
  type CallOptions,
  type CheckOptions,
  type ClientOptions,
  type Found,
  type Graph8CompaniesQuery,
  type Graph8ContactsQuery,
  type ListPushOptions,
  type PushOptions,
  type RecordOptions,
  SHAPES,
} from './options.generated.js';

/**
 * A contact or company in the CRM's own field names.
 *
 * A record is written as `JSON.stringify` does it, `toJSON` methods included: a `Date` becomes an
 * ISO 8601 string (an invalid one `null`), `undefined`, functions and symbols leave the field out,
 * `NaN` and `Infinity` become `null`. Beyond that, a `bigint` becomes a string of its digits, a
 * `Map` with string keys an object, a `Set` and a typed array of numbers an array. Binary data
 * (`Buffer`, `Uint8Array`, `ArrayBuffer`), other maps, a cycle, a getter or `toJSON` that throws and
 * a lone surrogate in a string fail that record alone.
 */
export type CrmRecord = object;

/** The members that a {@link ListChange} adds and removes. */
export interface ListMembers {
  /** Ids of the contacts to add. Default: none. */
  readonly add?: readonly (string | number | bigint)[];
  /** Ids of the contacts to remove. Default: none. */
  readonly remove?: readonly (string | number | bigint)[];
  /** E-mail addresses of contacts to add, each the address of one contact. Default: none. */
  readonly addEmails?: readonly string[];
  /** E-mail addresses of contacts to remove, each the address of one contact. Default: none. */
  readonly removeEmails?: readonly string[];
}

/**
 * Adds contacts to one list of a CRM and removes others, by the CRM's own ids or by e-mail.
 *
 * Names and addresses are looked up in the CRM first; a change of which one fits nothing, or
 * several, fails as a whole.
 */
export type ListChange = ListMembers &
  (
    | {
        /** The list's id in the CRM. */
        readonly listId: string | number | bigint;
        readonly listName?: undefined;
      }
    | {
        /** The list's name in the CRM, which must be the name of one list. */
        readonly listName: string;
        readonly listId?: undefined;
      }
  );

/**
 * A record as it was sent, as reports and dead-letter files keep it: what its fields are is known when it runs. It can
 * be pushed again.
 */
export type SentRecord = Record<string, unknown>;

/**
 * A contact of a CRM, with fields of the customer's own by their names: `ContactRecord<'hubspot', 'my_score'>`.
 * Salesforce's (`__c`) and SugarCRM's (`_c`) need no naming.
 */
export type ContactRecord<P extends Provider, Custom extends string = never> = [Custom] extends [
  never,
]
  ? ContactRecords[P]
  : ContactRecords[P] & { readonly [name in Custom]?: unknown };

/** A company of a CRM; as {@link ContactRecord}. */
export type CompanyRecord<P extends Provider, Custom extends string = never> = [Custom] extends [
  never,
]
  ? CompanyRecords[P]
  : CompanyRecords[P] & { readonly [name in Custom]?: unknown };

/** Never, where the type of a record tells its fields: then they are compared with the CRM's. */
export type Untyped<T> = string extends keyof T
  ? unknown
  : [keyof T] extends [never]
    ? unknown
    : never;

/** The records have other names than the CRM's fields: graph8's own, or those that `rename` knows. */
export type Renaming =
  | { readonly form: 'graph8' }
  | { readonly rename: Readonly<Record<string, string>> };

/** A stream of the web, as Node's, a browser's library and `fetch` type it. */
export interface WebStream<T> {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: T | undefined }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

/**
 * Records to push: an array, any iterable or any async iterable (an object stream, too). It is
 * read as the push goes, so it may be of any length.
 */
export type Source<T> = Iterable<T> | AsyncIterable<T> | WebStream<T>;

/** The name of a file of NDJSON, gzipped or not. */
export type NdjsonPath = `${string}.${'ndjson' | 'jsonl'}${'' | '.gz'}`;

/** The name of a file of CSV or TSV, gzipped or not. */
export type CsvPath = `${string}.${'csv' | 'tsv'}${'' | '.gz'}`;

/** A `Table` or `RecordBatch` of `apache-arrow`. */
export interface ArrowTable {
  readonly schema: { readonly fields: readonly { readonly name: string }[] };
  readonly numRows: number;
  readonly numCols: number;
}

/**
 * What contacts and companies are taken from: objects as in {@link Source}; tables and record batches of
 * `apache-arrow`, and iterables of them; bytes of Arrow's stream or file format, not compressed; NDJSON text, one object
 * per line: a `Buffer` or other `Uint8Array`, a byte stream (a `Readable` that is not in object mode, a
 * web stream of bytes); or a file of NDJSON, CSV or TSV by its path or `file:` URL, read without
 * JavaScript. The header of a CSV file has the names of the fields, every value is a string, and an
 * empty cell is no field.
 */
export type RecordSource = Source<CrmRecord> | TableOrFile;

/** Sources that are no objects of JavaScript; see {@link RecordSource}. */
export type TableOrFile =
  | ArrowTable
  | Source<ArrowTable>
  | Uint8Array
  | ArrayBuffer
  | AsyncIterable<Uint8Array>
  | WebStream<Uint8Array>
  | URL
  | NdjsonPath
  | CsvPath;

type Shape = keyof typeof IS;

type Test = [name: string, test: (value: unknown) => boolean];

const IS = {
  string: ['a string', (value) => typeof value === 'string'],
  number: ['a number', (value) => typeof value === 'number'],
  integer: ['a whole number', Number.isSafeInteger],
  id: [
    'a string or a whole number',
    (value) =>
      typeof value === 'string' || typeof value === 'bigint' || Number.isSafeInteger(value),
  ],
  list: [
    "a list's name, or an object with its listId or its listName",
    (value) =>
      typeof value === 'string' ||
      Number.isSafeInteger(value) ||
      (typeof value === 'object' && value !== null),
  ],
  size: ["a whole number or 'auto'", (value) => value === 'auto' || Number.isSafeInteger(value)],
  boolean: ['true or false', (value) => typeof value === 'boolean'],
  function: ['a function', (value) => typeof value === 'function'],
  resolver: [
    "a function or 'lookup'",
    (value) => typeof value === 'function' || typeof value === 'string',
  ],
  listener: [
    'a function or a ProgressStream',
    (value) => typeof value === 'function' || value instanceof ProgressStream,
  ],
  object: ['an object', (value) => typeof value === 'object' && value !== null],
  headers: [
    'an object of strings',
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      // A Map or a Headers would be taken for an object without any.
      !(Symbol.iterator in value) &&
      Object.values(value).every((one) => typeof one === 'string'),
  ],
  signal: ['an AbortSignal', (value) => value instanceof AbortSignal],
  fields: [
    'what fields() gave, its JSON, or the path of a file of it',
    (value) => typeof value === 'string' || Array.isArray(value),
  ],
  strings: [
    'a string or an array of strings',
    (value) => [value].flat().every((one) => typeof one === 'string'),
  ],
  rate: [
    'false, or an object of the whole numbers perSecond and perMinute from 1 to 4,294,967,295',
    (value) => value === false || isRate(value),
  ],
  store: [
    'a boolean or a non-empty string',
    (value) => typeof value === 'boolean' || (typeof value === 'string' && value !== ''),
  ],
} as const satisfies Record<string, Test>;

function isRate(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { perSecond, perMinute } = value as { perSecond?: unknown; perMinute?: unknown };
  return [perSecond, perMinute].every(
    (count) => Number.isSafeInteger(count) && (count as number) >= 0 && (count as number) < 2 ** 32,
  );
}

/** Options without those that are undefined. */
export type Given<T> = { -readonly [K in keyof T]?: Exclude<T[K], undefined> };

/**
 * The options that were given, without those that are undefined or null. An unknown name
 * or a value of the wrong type throws a {@link ConfigError}; values are judged by the core.
 */
export function given<T extends object>(
  options: T | undefined,
  shapes: Record<string, Shape>,
): Given<T> {
  const found: Record<string, unknown> = {};
  if (options === undefined || options === null) return found as Given<T>;
  if (typeof options !== 'object') throw configError('the options are not an object');
  for (const [name, value] of Object.entries(options)) {
    const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    if (!shape) {
      const known = Object.keys(shapes).join(', ');
      throw configError(`there is no option '${name}': use ${known}`);
    }
    if (value === undefined || value === null) continue;
    const [wanted, test] = IS[shape];
    // The value itself is not shown: it may be a key.
    if (!test(value)) throw configError(`${name} is not ${wanted}`);
    found[name] = value;
  }
  return found as Given<T>;
}

/** Checks that a name, such as a provider's, is a string; the core judges whether it is known. */
export function text(name: string, value: unknown): string {
  if (typeof value !== 'string') throw configError(`${name} is not a string`);
  return value;
}

/** Any number of strings. */
export function texts(name: string, values: Iterable<string>): string[] {
  if (typeof values === 'string' || typeof values?.[Symbol.iterator] !== 'function') {
    throw configError(`${name} is not a list of strings`);
  }
  return Array.from(values, (value, position) => text(`${name}[${position}]`, value));
}
