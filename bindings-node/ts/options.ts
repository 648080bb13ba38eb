/** What callers pass in, and the check that it has the right JavaScript types. */

import { configError } from './errors.js';
import type { Problem } from './problems.js';
import { ProgressStream, type PushProgress } from './progress.js';

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

/** Adds contacts to one list of a CRM and removes others, by the CRM's own ids. */
export interface ListChange {
  /** The list's id in the CRM. */
  readonly listId: string | number | bigint;
  /** Ids of the contacts to add. Default: none. */
  readonly add?: readonly (string | number | bigint)[];
  /** Ids of the contacts to remove. Default: none. */
  readonly remove?: readonly (string | number | bigint)[];
}

/**
 * Records to push: an array, any iterable or any async iterable (an object stream, too). It is
 * read as the push goes, so it may be of any length.
 */
export type Source<T> = Iterable<T> | AsyncIterable<T>;

/** The name of a file of NDJSON, gzipped or not. */
export type NdjsonPath = `${string}.${'ndjson' | 'jsonl'}${'' | '.gz'}`;

/**
 * What contacts and companies are taken from: objects as in {@link Source}, or NDJSON text, one
 * object per line: a `Buffer` or other `Uint8Array`, a byte stream (a `Readable` that is not in object
 * mode, a web stream of bytes), or a file by its path or `file:` URL, read without JavaScript.
 */
export type RecordSource =
  | Source<CrmRecord>
  | Uint8Array
  | AsyncIterable<Uint8Array>
  | URL
  | NdjsonPath;

/** Settings of a client. */
export interface ClientOptions {
  /** The API key. Default: the environment's `G8_API_KEY`, else `GRAPH8_API_KEY`. */
  readonly apiKey?: string | undefined;
  /**
   * The service's address, with or without `/api/v1`. Default: the environment's `G8_API_URL`,
   * else `GRAPH8_BASE_URL`, else the production service.
   */
  readonly baseUrl?: string | undefined;
  /** Longest time to open a connection, TLS included, in milliseconds. Default: 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Longest silence of the service within a request, in milliseconds. Default: 120,000. */
  readonly readTimeoutMs?: number | undefined;
  /** Longest time for one request as a whole, in milliseconds. Default: 180,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * A proxy's address, `http://` or `https://`. One on another machine is refused for an `http://`
   * base URL on this machine, unless {@link ClientOptions.allowHttp}: it would see the key. Default:
   * the environment's, never for a base URL on this machine.
   */
  readonly proxy?: string | undefined;
  /** PEM files of root certificates to trust beside the platform's and Mozilla's. Default: none. */
  readonly caFile?: string | readonly string[] | undefined;
  /** PEM text of root certificates to trust beside the platform's and Mozilla's. Default: none. */
  readonly caPem?: string | undefined;
  /** Sent as `X-Org-Id`. Default: not sent. */
  readonly orgId?: string | undefined;
  /** Sent as `X-Target-Org-Id`; for agency keys only. Default: not sent. */
  readonly targetOrgId?: string | undefined;
  /** Text after ours in the User-Agent, for example `my-app/1.2`. Default: none. */
  readonly userAgentSuffix?: string | undefined;
  /**
   * Allow plain `http://` to a host that is not this machine: the key then travels in clear text.
   * Default: false.
   */
  readonly allowHttp?: boolean | undefined;
  /**
   * Offer HTTP/2. Default: false, since one dead HTTP/2 connection makes the outcome of every
   * request in flight unknown.
   */
  readonly http2?: boolean | undefined;
  /**
   * Most requests in any second and in any minute, fewer where the service's headers say less;
   * `false` switches pacing off, so that only the service's own 429 slows requests down, and keeps
   * connections to `http://` on this machine, which has a price: `docs/reliability.md`. Default:
   * from 10 and 200 on whatever the headers say. All calls of a client share one limit.
   */
  readonly rateLimit?:
    | { readonly perSecond: number; readonly perMinute: number }
    | false
    | undefined;
}

/** Options of every call. */
export interface CallOptions {
  /**
   * Stops the call, its request in flight included; the promise rejects with an
   * {@link AbortedError}. Default: none.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a push of list changes. */
export interface ListPushOptions extends CallOptions {
  /**
   * Records per request, up to 1,000. Default: `auto`, which is 100, and fewer where the service
   * needs more than about a third of the read time-out for them.
   */
  readonly batchSize?: number | 'auto' | undefined;
  /** Most bytes of a request's records; a larger record travels alone. Default: 1 MiB. */
  readonly batchBytes?: number | undefined;
  /**
   * Requests at a time, 1 to 64; list changes always go one request at a time, in order.
   * Default: 4.
   */
  readonly concurrency?: number | undefined;
  /**
   * Longest time for the push as a whole, in milliseconds; an async source or a look of
   * `resolveUnknown` that is not done by then is left. An iterator that blocks the event loop can't
   * be woken, so the push ends when it returns. Default: none.
   */
  readonly deadlineMs?: number | undefined;
  /**
   * What to do when a record fails or its outcome is unknown: `continue` with the others, or
   * `stop`. Default: `continue`.
   */
  readonly onError?: 'continue' | 'stop' | undefined;
  /**
   * More failed records than this end the push: a whole number of records, or a share of those
   * tried between 0 and 1, judged from 100 records on. Default: none.
   */
  readonly maxFailures?: number | undefined;
  /**
   * So many batches in a row without a trustworthy answer end the push; 0 never does. Default: 3.
   */
  readonly maxConsecutiveUnknown?: number | undefined;
  /**
   * Path of a file to which failed and unknown records are added as NDJSON, durable batch by
   * batch; the last line of a record is its outcome. It holds customers' data and is made for its
   * owner alone (0600); a symbolic link is refused. See {@link readDeadLetter}. Default: none.
   */
  readonly deadLetter?: string | undefined;
  /**
   * Path of a file that lets the push go on after a crash: run it again with the same source, and
   * what was not sent is sent. One push at a time, by whatever name: a symbolic link is followed to
   * the file itself, hard links are refused. Made for its owner alone (0600). Default: none.
   */
  readonly journal?: string | undefined;
  /**
   * Called with a snapshot at most 10 times a second, and at the end; an async function never twice
   * at once. What it throws or rejects with becomes a warning of the process, and it is not called
   * again; the push goes on. Or a {@link ProgressStream} to iterate. Default: none.
   */
  readonly onProgress?: ((progress: PushProgress) => unknown) | ProgressStream | undefined;
}

/** What a look into the CRM found: it is there, it is not, or that is not known. */
export type Found = boolean | null | undefined;

/** Options of a push of contacts or companies. */
export interface PushOptions extends ListPushOptions {
  /**
   * What to do with a batch that was sent and got no trustworthy answer: `report` it as unknown,
   * or `retry` it at the risk of duplicates. Default: `report`.
   */
  readonly onUnknown?: 'report' | 'retry' | undefined;
  /**
   * Your own look into the CRM, called at the end for each record whose outcome is unknown: `true`
   * when it is there (it counts as pushed), `false` when it is not (not sent), `null` when it is
   * unknown still. Not called after an abort or the deadline. Default: none.
   */
  readonly resolveUnknown?: ((problem: Problem) => Found | Promise<Found>) | undefined;
  /** The fields that travel, by the names that the source has for them. Default: all. */
  readonly columns?: readonly string[] | undefined;
  /**
   * New names for fields of the source, for example `{ 'Work Email': 'email' }`; the others keep
   * theirs. Default: none.
   */
  readonly rename?: Readonly<Record<string, string>> | undefined;
  /**
   * Leave out a record's own fields that are null, since a null clears the field in the CRM.
   * Default: false.
   */
  readonly dropNulls?: boolean | undefined;
  /** Field mapping overrides, handed through to the service untouched. Default: none. */
  readonly providerFields?: object | undefined;
}

type Shape = keyof typeof IS;

const CALL = { signal: 'signal' } as const;
const LIST_PUSH = {
  ...CALL,
  batchSize: 'size',
  batchBytes: 'integer',
  concurrency: 'integer',
  deadlineMs: 'number',
  onError: 'string',
  maxFailures: 'number',
  maxConsecutiveUnknown: 'integer',
  deadLetter: 'string',
  journal: 'string',
  onProgress: 'listener',
} as const;

/** The options that there are, with the JavaScript type of each. */
export const SHAPES = {
  call: CALL,
  listPush: LIST_PUSH,
  push: {
    ...LIST_PUSH,
    onUnknown: 'string',
    resolveUnknown: 'function',
    columns: 'strings',
    rename: 'object',
    dropNulls: 'boolean',
    providerFields: 'object',
  },
  client: {
    apiKey: 'string',
    baseUrl: 'string',
    connectTimeoutMs: 'number',
    readTimeoutMs: 'number',
    timeoutMs: 'number',
    proxy: 'string',
    caFile: 'strings',
    caPem: 'string',
    orgId: 'string',
    targetOrgId: 'string',
    userAgentSuffix: 'string',
    allowHttp: 'boolean',
    http2: 'boolean',
    rateLimit: 'rate',
  },
} as const satisfies Record<string, Record<string, Shape>>;

type Test = [name: string, test: (value: unknown) => boolean];

const IS = {
  string: ['a string', (value) => typeof value === 'string'],
  number: ['a number', (value) => typeof value === 'number'],
  integer: ['a whole number', Number.isSafeInteger],
  size: ["a whole number or 'auto'", (value) => value === 'auto' || Number.isSafeInteger(value)],
  boolean: ['true or false', (value) => typeof value === 'boolean'],
  function: ['a function', (value) => typeof value === 'function'],
  listener: [
    'a function or a ProgressStream',
    (value) => typeof value === 'function' || value instanceof ProgressStream,
  ],
  object: ['an object', (value) => typeof value === 'object' && value !== null],
  signal: ['an AbortSignal', (value) => value instanceof AbortSignal],
  strings: [
    'a string or an array of strings',
    (value) => [value].flat().every((one) => typeof one === 'string'),
  ],
  rate: [
    'false, or an object of the whole numbers perSecond and perMinute from 1 to 4,294,967,295',
    (value) => value === false || isRate(value),
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
