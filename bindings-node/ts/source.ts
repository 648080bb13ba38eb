/** Records from any source, a slice at a time. */

import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { isTable, tablesOf } from './arrow.js';
import type { NativeRows, NativeTable } from './binding.js';
import { configError } from './errors.js';
import { wrongKind } from './kinds.js';
import { Graph8Rows } from './rows.js';

/** Most records taken at a time, unless a request has another size: a source runs no further ahead. */
export const SLICE = 100;

/** From here on, an iterable's `size` is not believed. */
const MOST_BELIEVED = 2 ** 32;

/** Bytes of a buffer taken at a time. */
const PIECE = 64 * 1024;

/** What the source gave: maybe fewer records than asked for, then it is done or has thrown. */
export interface Slice {
  readonly records: readonly unknown[];
  /** NDJSON text, or bytes of Arrow's, instead of records. */
  readonly text?: Uint8Array;
  /** The rows of a table that stands behind the records; they are counted when they are read. */
  readonly tables?: Iterable<NativeTable>;
  /** The reader's file instead of records. */
  readonly isFile?: boolean;
  /** graph8's own rows instead of records. */
  readonly rows?: NativeRows;
  readonly isDone: boolean;
  /** The next record may be in the same objects: these are written at once and for good. */
  readonly isFleeting?: boolean;
  /** In a box, since anything can be thrown. */
  readonly thrown?: { readonly error: unknown };
}

/** Stops the wait for what the caller's code gives. */
export class Stop {
  #isStopped = false;
  #wake: () => void = () => {};

  /** Whether the wait is over for good. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Ends the wait there is and every later one. */
  stop(): void {
    this.#isStopped = true;
    this.#wake();
  }

  /**
   * What `promise` gives, or undefined when stopped. Not `Promise.race`: that hangs every record
   * on the promise of the stop, for as long as the push runs.
   */
  wait<T>(promise: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#isStopped) resolve(undefined);
      this.#wake = () => resolve(undefined);
      promise.then(resolve, reject);
    });
  }
}

/** A source under way. */
export interface Reader {
  /** Path of the file that has the records, which is read elsewhere. */
  readonly file?: string;
  /** Whether the source makes us wait, so that the wait may have to be stopped. */
  readonly isAsync?: boolean;
  /** Says how many records go into one request: a source that is waited for is read no further than that. */
  perRequest?(records: number): void;
  /** The next slice, of `most` records at most; never rejects. `stop` ends the wait for it. */
  next(stop: Stop, most: number): Slice | Promise<Slice>;
  /** Takes and gives the first slice if it seems to be the only one: all records are in memory. */
  whole?(): Slice | undefined;
  /** How many records a sized source still holds; 0 when it does not say. */
  left(): number;
  /** Ends a source that was not read to its end, or not at all. */
  close(): void;
}

/** Names of files, even where a plain string has them. */
const FILE = /\.(ndjson|jsonl|csv|tsv)(\.gz)?$/i;

/**
 * Opens a source; anything else throws a `ConfigError`. An async one is asked for its first record at
 * once, even if that is not used: only a generator that has begun handles the errors, and the end, of
 * what it reads from.
 */
export function openSource(records: unknown): Reader {
  // A batch of Arrow's is iterable, and so is a table: their rows would have numbers for moments.
  if (isTable(records)) return new IterableReader([records].values(), 0);
  if (Array.isArray(records)) return new ArrayReader(records);
  if (records instanceof Graph8Rows) return new RowsReader(records.native);
  if (types.isUint8Array(records)) return new BytesReader(records);
  if (types.isAnyArrayBuffer(records)) return new BytesReader(new Uint8Array(records));
  if (records instanceof URL) return new FileReader(pathOf(records));
  if (typeof records === 'string' && FILE.test(records)) return new FileReader(records);
  if (typeof records === 'object' && records !== null) {
    ignoreErrorsOf(records);
    const wrong = wrongKind(records);
    if (wrong) {
      if (types.isPromise(records)) quietly(() => records);
      throw configError(`records ${wrong}`);
    }
    const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } =
      records as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
    if (isWebStream(records)) {
      if (records.locked) {
        throw configError(
          'records is a stream that is locked by another reader: release it, or pass what that reader gives',
        );
      }
      // Of one that was cancelled or read only its next step tells whether there is more.
      const wasRead = Readable.isDisturbed(records as unknown as Readable);
      return new AsyncReader(records, iteratorOf(records), wasRead);
    }
    if ((records as NodeStream).readableEnded === true) throw configError(WAS_READ);
    if (typeof asynchronous === 'function') {
      return new AsyncReader(records, asynchronous.call(records));
    }
    if (typeof synchronous === 'function') {
      return new IterableReader(synchronous.call(records), sizeOf(records));
    }
  }
  const kind = records === null ? 'null' : typeof records;
  throw configError(
    `records is one ${kind} instead of many records: pass an array, an iterable, an async iterable, a stream, an Arrow table, or the path of a file .ndjson, .jsonl, .csv or .tsv, maybe with .gz`,
  );
}

/** The path of a file by its URL. */
function pathOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    // Without what may hold a password.
    const shown = `${url.protocol}//${url.host}`;
    throw configError(
      url.protocol === 'file:'
        ? `records is a file: URL that names no file here: ${(error as Error).message}`
        : `records is a URL of ${shown}, which is not fetched: pass the file: URL of a file, or a stream of NDJSON, for example (await fetch(url)).body`,
    );
  }
}

/** What a stream of Node's may have. */
interface NodeStream {
  on(event: 'error', listener: () => void): void;
  destroy?(): void;
  readonly readableObjectMode?: boolean;
  readonly readableEnded?: boolean;
}

const WAS_READ = 'records is a stream that was read to its end already: open it again';

const withListener = new WeakSet<object>();

/** Listens to the errors of a stream for good: without a listener, one would end the process. */
function ignoreErrorsOf(records: object): void {
  if (!isNodeStream(records) || withListener.has(records)) return;
  records.on('error', () => {});
  withListener.add(records);
}

function isNodeStream(records: object): records is NodeStream {
  return typeof (records as Partial<NodeStream>).on === 'function';
}

function isWebStream(records: object): records is ReadableStream {
  return typeof (records as Partial<ReadableStream>).getReader === 'function';
}

/** Not the stream's own iterator, which can't be closed while it waits. */
function iteratorOf(stream: ReadableStream): AsyncIterator<unknown> {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    return: async () => ({ value: await reader.cancel(), done: true }),
  };
}

function sizeOf(records: object): number {
  const { size } = records as { size?: unknown };
  return Number.isInteger(size) && (size as number) < MOST_BELIEVED ? (size as number) : 0;
}

class ArrayReader implements Reader {
  #at = 0;
  #isDone = false;

  constructor(private readonly records: readonly unknown[]) {}

  next(_: Stop, most: number): Slice {
    return this.#take(most);
  }

  #take(most: number): Slice {
    // Not slice(): a class of arrays may give one of its own, with a toJSON of its own.
    const records: unknown[] = [];
    try {
      const end = Math.min(this.#at + most, this.records.length);
      while (this.#at < end) {
        const record = this.records[this.#at];
        this.#at += 1;
        if (isTable(record)) {
          this.#isDone = this.#at >= this.records.length;
          return { records, tables: tablesOf(record), isDone: this.#isDone };
        }
        records.push(record);
      }
    } catch (error) {
      return { records, isDone: true, thrown: { error } };
    }
    this.#isDone = records.length < most || this.#at >= this.records.length;
    return { records, isDone: this.#isDone };
  }

  whole(): Slice | undefined {
    try {
      const { length } = this.records;
      if (length === 0 || length > SLICE || this.records.some(isTable)) return undefined;
    } catch {
      // A proxy's getter threw: next() meets the same error, and reports it.
      return undefined;
    }
    return this.#take(SLICE);
  }

  left(): number {
    // What the caller adds afterwards is for another push.
    return this.#isDone ? 0 : Math.max(0, this.records.length - this.#at);
  }

  close(): void {}
}

const NOTHING = new Uint8Array(0);

/** The check that `for` makes, too: an iterator that gives no steps would be read for ever. */
function checkedStep<T>(step: IteratorResult<T>): IteratorResult<T> {
  if (typeof step === 'object' && step !== null) return step;
  throw new TypeError(`the iterator of the records gave ${String(step)} instead of a step`);
}

/** How many records to take from an iterator at a time, and whether they are all in one object. */
class Steps {
  #last: object | undefined;
  #slices = 0;
  perRequest = SLICE;
  /** Nothing was taken so far. */
  isFirst = true;
  /** The source gives one object again and again, each time with another record in it. */
  #isRefilling = false;

  /** Whether the slice must be written at once and for good: its object may be filled anew. */
  get isFleeting(): boolean {
    return this.#isRefilling || this.#slices === 1;
  }

  /** How many records the next slice may have. */
  next(most: number): number {
    this.#slices += 1;
    // The first record alone, to see whether the second is in the same object: by then it is written. With
    // those of the second slice it is a whole request.
    if (this.isFleeting) return 1;
    const slice = Math.min(most, Math.max(this.perRequest, 1));
    return this.#slices === 2 ? Math.max(slice - 1, 1) : slice;
  }

  /** Whether the record is in the same object as the one before, which was written by then. */
  isRefilled(record: unknown, taken: unknown[]): boolean {
    this.isFirst = false;
    if (typeof record !== 'object' || record === null || Object.isFrozen(record)) return false;
    const isRefilled = record === this.#last;
    this.#last = record;
    if (!isRefilled) return false;
    if (taken.length > 0) {
      // It holds the new record, in the place of the one that is lost.
      taken.pop();
      throw configError(
        'the source gave the same object for two records in a row, so that the first of them is lost: have it give each record an object of its own',
      );
    }
    this.#isRefilling = true;
    return true;
  }
}

class IterableReader implements Reader {
  readonly #steps = new Steps();
  #given = 0;
  #isDone = false;
  #isClosed = false;

  constructor(
    private readonly iterator: Iterator<unknown>,
    private readonly size: number,
  ) {}

  next(_: Stop, most: number): Slice {
    const records: unknown[] = [];
    let wanted = this.#steps.next(most);
    try {
      while (records.length < wanted) {
        const step = checkedStep(this.iterator.next());
        if (step.done) {
          this.#isDone = true;
          return { records, isDone: true };
        }
        if (isTable(step.value)) return { records, tables: tablesOf(step.value), isDone: false };
        if (this.#steps.isRefilled(step.value, records)) wanted = 1;
        records.push(step.value);
        this.#given += 1;
      }
      return { records, isDone: false, isFleeting: this.#steps.isFleeting };
    } catch (error) {
      return { records, isDone: true, thrown: { error } };
    }
  }

  perRequest(records: number): void {
    this.#steps.perRequest = records;
  }

  left(): number {
    // At its end, what it gave is what it has.
    return this.#isDone ? 0 : Math.max(0, this.size - this.#given);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    quietly(async () => this.iterator.return?.());
  }
}

/** A buffer of NDJSON text, or of Arrow's bytes. */
class BytesReader implements Reader {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  next(): Slice {
    const text = this.bytes.subarray(this.#at, this.#at + PIECE);
    this.#at += text.length;
    return { records: [], text, isDone: this.#at >= this.bytes.length };
  }

  left(): number {
    return 0;
  }

  close(): void {}
}

/** A file that is read elsewhere. */
class FileReader implements Reader {
  constructor(readonly file: string) {}

  next(): Slice {
    return { records: [], isFile: true, isDone: true };
  }

  left(): number {
    return 0;
  }

  close(): void {}
}

/** graph8's own rows, which are read elsewhere. */
class RowsReader implements Reader {
  constructor(private readonly rows: NativeRows) {}

  next(): Slice {
    return { records: [], rows: this.rows, isDone: true };
  }

  left(): number {
    return 0;
  }

  close(): void {}
}

/** Records, or pieces of NDJSON text when the first thing that comes is bytes. */
class AsyncReader implements Reader {
  readonly isAsync = true;
  #first: Promise<IteratorResult<unknown>> | undefined;
  readonly #steps = new Steps();
  #isText: boolean;
  #isClosed = false;
  /** Nothing more from a stream that was read before is no empty source. */
  #mustGive: boolean;

  constructor(
    private readonly source: object,
    private readonly iterator: AsyncIterator<unknown>,
    wasRead = false,
  ) {
    this.#mustGive = wasRead;
    this.#isText = (source as Partial<NodeStream>).readableObjectMode === false;
    this.#first = this.#ask();
    // next() awaits it and meets the error; if it is never called, the error is not unhandled.
    this.#first.catch(() => {});
  }

  async next(stop: Stop, most: number): Promise<Slice> {
    const records: unknown[] = [];
    let wanted = this.#steps.next(most);
    try {
      while (records.length < wanted) {
        const asked = this.#first ?? this.#ask();
        this.#first = undefined;
        const step = await stop.wait(asked);
        if (step === undefined) return { records, isDone: false };
        if (step.done && this.#mustGive) throw configError(WAS_READ);
        this.#mustGive = false;
        if (step.done) return { records, isDone: true, ...(this.#isText && { text: NOTHING }) };
        if (this.#steps.isFirst && step.value instanceof Uint8Array) this.#isText = true;
        if (this.#isText) return { records, isDone: false, text: this.#bytesOf(step.value) };
        if (isTable(step.value)) return { records, tables: tablesOf(step.value), isDone: false };
        if (this.#steps.isRefilled(step.value, records)) wanted = 1;
        records.push(step.value);
      }
      return { records, isDone: false, isFleeting: this.#steps.isFleeting };
    } catch (error) {
      return { records, isDone: true, thrown: { error } };
    }
  }

  #bytesOf(piece: unknown): Uint8Array {
    if (piece instanceof Uint8Array) return piece;
    if (typeof piece === 'string') return Buffer.from(piece);
    // It did not fail itself, so it has to be told.
    this.close();
    throw configError(`a stream of NDJSON text gave a ${typeof piece} among its pieces`);
  }

  perRequest(records: number): void {
    this.#steps.perRequest = records;
  }

  async #ask(): Promise<IteratorResult<unknown>> {
    return checkedStep(await this.iterator.next());
  }

  left(): number {
    return 0;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // Neither is awaited: a generator that waits for its own next record would hold us up with it.
    quietly(async () => this.iterator.return?.());
    quietly(async () => isNodeStream(this.source) && this.source.destroy?.());
  }
}

/** Runs in the background; an error of it is dropped, since the push has one of its own. */
function quietly(work: () => Promise<unknown>): void {
  work().catch(() => {});
}
