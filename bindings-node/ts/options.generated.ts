/**
 * Options of the public functions.
 *
 * Made by scripts/generate_options.py from scripts/options.py: change that.
 */

import type { Fields } from './fields.js';
import type { Problem } from './problems.js';
import type { ProgressStream, PushProgress } from './progress.js';

/** What a look into the CRM found: it is there, it is not, or that is not known. */
export type Found = boolean | null | undefined;

/** Settings of a client. */
export interface ClientOptions {
  /**
   * The API key. Default: the environment's `G8_API_KEY`, else `GRAPH8_API_KEY`, else that of
   * `~/.g8/credentials.json`.
   */
  readonly apiKey?: string | undefined;
  /**
   * The service's address, with or without `/api/v1`. Default: the environment's `G8_API_URL`, else
   * `GRAPH8_BASE_URL`, else, with the key of `~/.g8/credentials.json`, that file's, else the
   * production service.
   */
  readonly baseUrl?: string | undefined;
  /** Longest time to open a connection, TLS included, in milliseconds. Default: 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Longest silence of the service within a request, in milliseconds. Default: 120,000. */
  readonly readTimeoutMs?: number | undefined;
  /** Longest time for one request as a whole, in milliseconds. Default: 180,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * A proxy's address, `http://` or `https://`. A proxy on another machine is refused for an
   * `http://` base URL on this machine, unless {@link ClientOptions.allowHttp} is set: it would see
   * the key. Default: the environment's, never for a base URL on this machine.
   */
  readonly proxy?: string | undefined;
  /**
   * One or more PEM files of root certificates to trust beside the platform's and Mozilla's.
   * Default: none.
   */
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
   * Default: `false`.
   */
  readonly allowHttp?: boolean | undefined;
  /**
   * Offer HTTP/2. With it, one dead connection makes the outcome of every request in flight
   * unknown. Default: `false`.
   */
  readonly http2?: boolean | undefined;
  /**
   * Most requests in any second and in any minute, for example `{ perSecond: 10, perMinute: 200 }`;
   * fewer where the service's headers say less. All calls of a client share one limit. `false`
   * switches pacing off: only the service's own 429 slows requests down. It also keeps connections
   * to `http://` on this machine open, which has a price: see `docs/reliability.md`. Default: it
   * starts at 10 and 200, then follows the service's headers.
   */
  readonly rateLimit?:
    | { readonly perSecond: number; readonly perMinute: number }
    | false
    | undefined;
  /**
   * Who shares the rate limit, which is the organisation's, with this client: all processes that
   * name the same `"file:///path"`, all hosts that name the same Redis (5 or later, or Valkey) as
   * `"redis://user:password@host:6379/0"`, with TLS `"rediss://…"`, or with `false` nobody; `true`
   * is this host, whatever the environment says. In a Redis those share a limit that use the same
   * key and base URL, or the same `?name=acme`. A file that can't be used, or a Redis that the
   * first request can't reach, is a {@link ConfigError}; later on the client keeps to its part of
   * the limit while the store is away. See `docs/processes.md`. Default: the environment's
   * `GRAPH8_RATE_LIMIT_STORE`, else all processes of this user on this host that use the same key
   * and base URL.
   */
  readonly rateLimitStore?: string | boolean | undefined;
  /**
   * Headers to send beside our own, on every request: for a gateway, for example. Those that the
   * client itself sends can't be replaced. Default: none.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether a key that is neither given nor in the environment is taken from the credentials file
   * of graph8's own tools, `~/.g8/credentials.json`, and the address with it. A file that others
   * than its owner may read is an error. Default: `true`.
   */
  readonly credentials?: boolean | undefined;
}

/** Options of every call. */
export interface CallOptions {
  /**
   * Stops the call, its request in flight included; the promise rejects with an
   * {@link AbortedError}. Default: none.
   */
  readonly signal?: AbortSignal | undefined;
  /** Headers to send beside the client's, for example `traceparent`. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Options of a push of list changes. */
export interface ListPushOptions extends CallOptions {
  /** Headers to send beside the client's, for example `traceparent`. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Records per request: a number up to 1,000, or `'auto'`, which is 100, and fewer where the
   * service needs more than about a third of the client's {@link ClientOptions.readTimeoutMs} for
   * them. Default: `'auto'`.
   */
  readonly batchSize?: number | 'auto' | undefined;
  /** Most bytes of a request's records; a larger record travels alone. Default: 1 MiB. */
  readonly batchBytes?: number | undefined;
  /**
   * Requests at a time, 1 to 64. List changes always go one request at a time, in order.
   * Default: 4.
   */
  readonly concurrency?: number | undefined;
  /**
   * Longest time for the push as a whole, in milliseconds. An async source or a look of
   * `resolveUnknown` that is not done by then is left. An iterator that blocks the event loop can't
   * be woken: the push ends when it returns. Default: none.
   */
  readonly deadlineMs?: number | undefined;
  /**
   * Stops the push so that nothing ends in doubt, for a process that is to end: once it is aborted,
   * no further request leaves, those under way may answer within {@link ListPushOptions.graceMs},
   * and all else is not sent. {@link PushStoppedError} has the report, unless every record had been
   * tried; with a {@link ListPushOptions.journal}, the next run sends the rest. An async source is
   * not waited for then; an iterator that blocks the event loop is left when it returns.
   * Default: none.
   */
  readonly stopSignal?: AbortSignal | undefined;
  /**
   * How long requests under way may answer after {@link ListPushOptions.stopSignal}, in
   * milliseconds. What is unanswered then is in doubt, as after a cancel. Default: 25,000.
   */
  readonly graceMs?: number | undefined;
  /**
   * What to do when a record fails or its outcome is unknown: `'continue'` with the others, or
   * `'stop'`. Default: `'continue'`.
   */
  readonly onError?: 'continue' | 'stop' | undefined;
  /**
   * Whether a list that a change, or {@link PushOptions.addToList}, names is made where the CRM has
   * none of that name; else nobody is added. Default: `false`.
   */
  readonly createList?: boolean | undefined;
  /**
   * More failed records than this end the push: a whole number of records, or, between 0 and 1, a
   * share of the records tried, judged from 100 records on. Default: none.
   */
  readonly maxFailures?: number | undefined;
  /**
   * This many batches in a row without a trustworthy answer end the push; with 0 they never do.
   * Default: 3.
   */
  readonly maxConsecutiveUnknown?: number | undefined;
  /**
   * Path of a file to which failed and unknown records are added as NDJSON, durable batch by batch;
   * the last line of a record is its outcome. It holds customers' data and is made for its owner
   * alone (0600); a symbolic link is refused. See {@link readDeadLetter}. Default: none.
   */
  readonly deadLetter?: string | undefined;
  /**
   * Path of a file that lets the push go on after a crash: run it again with the same source, and
   * what was not sent is sent; with a {@link RecordOptions.primaryKey}, any later run sends what no
   * earlier one has pushed. One push at a time, by whatever name: a symbolic link is followed to
   * the file itself, hard links are refused. Made for its owner alone (0600). Default: none.
   */
  readonly journal?: string | undefined;
  /**
   * Called with a snapshot at most 10 times a second, and at the end; an async function never twice
   * at once. What it throws or rejects with becomes a warning of the process, and it is not called
   * again; the push goes on. Or a {@link ProgressStream} to iterate. Default: none.
   */
  readonly onProgress?: ((progress: PushProgress) => unknown) | ProgressStream | undefined;
  /**
   * `true` shows how far the push is on stderr: on a terminal a line that is rewritten, elsewhere a
   * line every 5 seconds; counts by outcome, records per second, what it waits for, and the time
   * left. Default: `false`.
   */
  readonly progress?: boolean | undefined;
}

/** What becomes of contacts and companies on their way. */
export interface RecordOptions {
  /** The fields that travel, by the names that the source has for them. Default: all. */
  readonly columns?: readonly string[] | undefined;
  /**
   * New names for fields of the source, for example `{ 'Work Email': 'email' }`; the others keep
   * theirs. Default: none.
   */
  readonly rename?: Readonly<Record<string, string>> | undefined;
  /**
   * Leave out the fields of a record that are null, since a null clears the field in the CRM; nulls
   * deeper inside a value stay. Default: `false`.
   */
  readonly dropNulls?: boolean | undefined;
  /**
   * Whose names the records have: `'crm'` for the CRM's own, or `'graph8'` for contacts and
   * companies as graph8's API gives them (`work_email`, `first_name` …), which then become the
   * CRM's own: see {@link graph8Fields}. {@link RecordOptions.columns} then selects graph8's
   * fields, and {@link RecordOptions.rename} adds to the table, for example
   * `{ 'custom_fields.udo_segment': 'segment__c' }`. Default: `'crm'`.
   */
  readonly form?: 'crm' | 'graph8' | undefined;
  /**
   * The field that is a record's key, by the name that the source has for it, or a list of fields
   * that are it together; they need not travel. With a {@link ListPushOptions.journal}, what any
   * earlier run pushed under a key is not sent again, whatever the order and length of the source:
   * see docs/journal.md. A record without a key, or with the key of an earlier one, fails.
   * Default: none: a journal belongs to one source.
   */
  readonly primaryKey?: string | readonly string[] | undefined;
  /**
   * Make right by the customer's fields what can be made right without loss: blanks around e-mails
   * and ids, whole floats, digits as text, dates in the CRM's form, labels of options and more; see
   * docs/checking.md. What is ambiguous stays as it is. Default: `false`.
   */
  readonly fix?: boolean | undefined;
  /**
   * What becomes of empty texts: `'keep'` sends them, `'null'` sends null, `'drop'` leaves their
   * fields out. Default: `'keep'`.
   */
  readonly empty?: 'keep' | 'null' | 'drop' | undefined;
  /**
   * The customer's fields, for checks and {@link RecordOptions.fix}: what {@link Client.fields}
   * gave, its JSON, or the path of a file of it. Default: they are asked for, once in five minutes
   * per client and CRM.
   */
  readonly fields?: Fields | string | readonly object[] | undefined;
  /**
   * What parts the cells of a CSV or TSV file: one ASCII character. Goes with such files alone.
   * Default: found among comma, semicolon, tab and `|`, or named by Excel's line `sep=;`.
   */
  readonly delimiter?: string | undefined;
  /**
   * The encoding of a CSV or TSV file, for example `'windows-1252'` for what Excel saves in Western
   * Europe, `'shift_jis'` in Japan; a byte order mark in the file counts more. Goes with such files
   * alone. Default: UTF-8, or UTF-16 with its byte order mark.
   */
  readonly encoding?: string | undefined;
}

/** Options of a check of contacts or companies. */
export interface CheckOptions extends RecordOptions, CallOptions {}

/** Options of a push of contacts or companies. */
export interface PushOptions extends ListPushOptions, RecordOptions {
  /**
   * What to do with a batch that was sent and got no trustworthy answer: `'report'` it as unknown,
   * or `'retry'` it at the risk of duplicates. Default: `'report'`.
   */
  readonly onUnknown?: 'report' | 'retry' | undefined;
  /**
   * With a {@link ListPushOptions.journal} and a {@link RecordOptions.primaryKey}: what to do with
   * a record that was pushed and is another by now. `'report'`: it is not sent, since the service
   * can't update records, and the report counts and keeps it. `'push'`: it is created once more,
   * beside the old one, once the source was read; not one that an earlier run found in the CRM, nor
   * one that shares its key with another. When 20 or more would be created so, and half of those
   * met whose keys were pushed, the push is an error and creates none of them: most likely the
   * values have another form than before. `'push_all'`: however many there are, and at once.
   * Default: `'report'`.
   */
  readonly onChange?: 'report' | 'push' | 'push_all' | undefined;
  /**
   * How to end the doubt about records whose outcome is unknown. `'lookup'` looks contacts up in
   * the CRM by their e-mail addresses, once the service can no longer be at work on them
   * ({@link PushOptions.resolveUnknownAfterMs}): not there counts as not sent; there counts as
   * pushed if the push had looked before and it was not there ({@link PushOptions.skipExisting}),
   * else it stays unknown, like records without an address and those whose look-up fails. Or your
   * own look into the CRM, called at the end for each record whose outcome is unknown. `true`: it
   * is there and counts as pushed; `false`: it is not and counts as not sent; `null`: still
   * unknown. Not called after an abort or the deadline. Default: none.
   */
  readonly resolveUnknown?: 'lookup' | ((problem: Problem) => Found | Promise<Found>) | undefined;
  /**
   * How long, in milliseconds, after the last request in doubt has left the service can still be at
   * work on it, and the CRM's search can lag behind: {@link PushOptions.resolveUnknown} waits until
   * then. {@link PushOptions.addToList} waits so long before it takes the one contact that it finds
   * for one that an earlier run of the journal has pushed. Default: twice the time after which a
   * silent request is given up.
   */
  readonly resolveUnknownAfterMs?: number | undefined;
  /**
   * The list to which the contacts that were pushed, and those that were skipped, are added after
   * the push: its name, or its id as `{ listId: … }`, or `{ listName: … }`. They are looked up in
   * the CRM by their e-mail addresses, again for up to half a minute where its search does not find
   * them yet; before the push as well, unless the CRM refuses a second contact of an address as
   * HubSpot does, so that no older one is taken for them. What became of that is told by
   * {@link PushReport.addedToList} and changes no outcome. A name that no list has, or several,
   * ends the push before anything is sent; with {@link ListPushOptions.createList} a list that is
   * not there is made for the first contact that is found. It goes with contacts alone.
   * Default: none.
   */
  readonly addToList?:
    | string
    | number
    | { readonly listId: string | number }
    | { readonly listName: string }
    | undefined;
  /**
   * Whether to look contacts up by their e-mail addresses before they leave: those that the CRM has
   * are skipped, with the CRM's ids. It costs one more request per 100 addresses, beside those that
   * create. Contacts without an address by itself are sent all the same, counted in a warning;
   * those whose look-up fails are not sent. Two records of one push with the same address are a
   * matter of {@link PushOptions.unique}. Default: `false`.
   */
  readonly skipExisting?: boolean | undefined;
  /**
   * What to do with a record that shares an identity with an earlier one of this push: an e-mail
   * address, a company's domain or name, whichever the CRM's errors name records by; letter case
   * and blanks around it make no difference, and any of several addresses counts. `'first'`: only
   * the first travels, the others are skipped. `'error'`: the others fail. The first is the first
   * also when it fails later, unless our own check refused it; records without an identity all
   * travel. It keeps every identity in memory, at 16 bytes or more. Default: none: all travel.
   */
  readonly unique?: 'first' | 'error' | undefined;
  /**
   * Check each record before it leaves, as {@link Client.checkContacts} does: one with an error
   * ends as failed and is not sent, warnings are counted in the report. Default: `false`.
   */
  readonly check?: boolean | undefined;
  /** Field mapping overrides, handed through to the service untouched. Default: none. */
  readonly providerFields?: object | undefined;
}

/** What graph8's own contacts and companies are asked for by: all of it must hold. */
export interface Graph8RowsQuery extends CallOptions {
  /** Part of the name. Default: all. */
  readonly name?: string | undefined;
  /** The country. Default: all. */
  readonly country?: string | undefined;
  /** Whether the rows have their `custom_fields`. Default: `false`. */
  readonly includeCustomFields?: boolean | undefined;
  /** Rows per request, 1 to 200. Default: 200. */
  readonly pageSize?: number | undefined;
}

/** Which of graph8's own contacts to read. */
export interface Graph8ContactsQuery extends Graph8RowsQuery {
  /** The members of a list of graph8's, by its id in graph8. Default: all. */
  readonly listId?: string | number | bigint | undefined;
  /** Exactly this work e-mail. Default: all. */
  readonly email?: string | undefined;
  /** Part of the job title. Default: all. */
  readonly jobTitle?: string | undefined;
  /** The company's id in graph8. Default: all. */
  readonly companyId?: string | number | bigint | undefined;
}

/** Which of graph8's own companies to read. */
export interface Graph8CompaniesQuery extends Graph8RowsQuery {
  /** Exactly this domain. Default: all. */
  readonly domain?: string | undefined;
  /** The industry. Default: all. */
  readonly industry?: string | undefined;
}

const CLIENT = {
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
  rateLimitStore: 'store',
  headers: 'headers',
  credentials: 'boolean',
} as const;

const CALL = {
  signal: 'signal',
  headers: 'headers',
} as const;

const LIST_PUSH = {
  ...CALL,
  headers: 'headers',
  batchSize: 'size',
  batchBytes: 'integer',
  concurrency: 'integer',
  deadlineMs: 'number',
  stopSignal: 'signal',
  graceMs: 'number',
  onError: 'string',
  createList: 'boolean',
  maxFailures: 'number',
  maxConsecutiveUnknown: 'integer',
  deadLetter: 'string',
  journal: 'string',
  onProgress: 'listener',
  progress: 'boolean',
} as const;

const RECORD = {
  columns: 'strings',
  rename: 'object',
  dropNulls: 'boolean',
  form: 'string',
  primaryKey: 'strings',
  fix: 'boolean',
  empty: 'string',
  fields: 'fields',
  delimiter: 'string',
  encoding: 'string',
} as const;

const CHECK = {
  ...RECORD,
  ...CALL,
} as const;

const PUSH = {
  ...LIST_PUSH,
  ...RECORD,
  onUnknown: 'string',
  onChange: 'string',
  resolveUnknown: 'resolver',
  resolveUnknownAfterMs: 'number',
  addToList: 'list',
  skipExisting: 'boolean',
  unique: 'string',
  check: 'boolean',
  providerFields: 'object',
} as const;

const GRAPH8_ROWS = {
  ...CALL,
  name: 'string',
  country: 'string',
  includeCustomFields: 'boolean',
  pageSize: 'integer',
} as const;

const GRAPH8_CONTACTS = {
  ...GRAPH8_ROWS,
  listId: 'id',
  email: 'string',
  jobTitle: 'string',
  companyId: 'id',
} as const;

const GRAPH8_COMPANIES = {
  ...GRAPH8_ROWS,
  domain: 'string',
  industry: 'string',
} as const;

/** The options that there are, with the JavaScript type of each. */
export const SHAPES = {
  client: CLIENT,
  call: CALL,
  listPush: LIST_PUSH,
  record: RECORD,
  check: CHECK,
  push: PUSH,
  graph8Rows: GRAPH8_ROWS,
  graph8Contacts: GRAPH8_CONTACTS,
  graph8Companies: GRAPH8_COMPANIES,
} as const;
