/** Records from any source, a slice at a time. */

import { fileURLToPath } from 'node:url';
import { configError } from './errors.js';

/** Records taken at a time, at first: one full request, so that a source runs no further ahead. */
export const SLICE = 100;

/** Bytes of a buffer taken at a time. */
const PIECE = 64 * 1024;

/** What the source gave: maybe fewer records than asked for, then it is done or has thrown. */
export interface Slice {
  readonly records: readonly unknown[];
  /** NDJSON text instead of records. */
  readonly text?: Uint8Array;
  /** Path of an NDJSON file instead of records. */
  readonly file?: string;
  readonly isDone: boolean;
  /** In a box, since anything can be thrown. */
  readonly thrown?: { readonly error: unknown };
}

/** Stops the wait for a source. */
export class Stop {
  #isStopped = false;
  #wake: () => void = () => {};

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
  /** The next slice, of `most` records; never rejects. `stop` ends the wait when nobody wants it any more. */
  next(stop: Stop, most: number): Slice | Promise<Slice>;
  /** What seems to be the only slice, where all records are in memory; it is taken then. */
  whole?(): Slice | undefined;
  /** How many records a sized source still holds; 0 when it does not say. */
  left(): number;
  /** Tells a source that was not read to its end. */
  close(): void;
}

/** Names of files that are read as NDJSON. */
const NDJSON = /\.(ndjson|jsonl)(\.gz)?$/;

/** Opens a source; what is none is a `ConfigError`. */
export function openSource(records: unknown): Reader {
  if (Array.isArray(records)) return new ArrayReader(records);
  if (records instanceof Uint8Array) return new BytesReader(records);
  if (records instanceof URL) return new FileReader(fileURLToPath(records));
  if (typeof records === 'string' && NDJSON.test(records)) return new FileReader(records);
  if (typeof records === 'object' && records !== null) {
    const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } =
      records as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
    if (typeof asynchronous === 'function') {
      const { readableObjectMode } = records as { readableObjectMode?: boolean };
      return new AsyncReader(asynchronous.call(records), readableObjectMode === false);
    }
    if (typeof synchronous === 'function') {
      return new IterableReader(synchronous.call(records), sizeOf(records));
    }
  }
  const kind = records === null ? 'null' : typeof records;
  throw configError(
    `records is one ${kind} instead of many records: pass an array, an iterable, an async iterable, a stream, or an .ndjson file`,
  );
}

function sizeOf(records: object): number {
  const { size } = records as { size?: unknown };
  return typeof size === 'number' && Number.isSafeInteger(size) ? size : 0;
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
      for (; this.#at < end; this.#at += 1) records.push(this.records[this.#at]);
    } catch (error) {
      return { records, isDone: true, thrown: { error } };
    }
    this.#isDone = records.length < most || this.#at >= this.records.length;
    return { records, isDone: this.#isDone };
  }

  whole(): Slice | undefined {
    try {
      const { length } = this.records;
      if (length === 0 || length > SLICE) return undefined;
    } catch {
      // A proxy's: next() has its words.
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

function bytesOf(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  if (typeof piece === 'string') return Buffer.from(piece);
  throw configError(`a stream of NDJSON text gave a ${typeof piece} among its pieces`);
}

/** As `for` does it: an iterator that gives no steps would be read for ever. */
function checkedStep<T>(step: IteratorResult<T>): IteratorResult<T> {
  if (typeof step === 'object' && step !== null) return step;
  throw new TypeError(`the iterator of the records gave ${String(step)} instead of a step`);
}

class IterableReader implements Reader {
  #given = 0;

  constructor(
    private readonly iterator: Iterator<unknown>,
    private readonly size: number,
  ) {}

  next(_: Stop, most: number): Slice {
    const records: unknown[] = [];
    try {
      while (records.length < most) {
        const step = checkedStep(this.iterator.next());
        if (step.done) return { records, isDone: true };
        records.push(step.value);
        this.#given += 1;
      }
      return { records, isDone: false };
    } catch (error) {
      return { records, isDone: true, thrown: { error } };
    }
  }

  left(): number {
    return Math.max(0, this.size - this.#given);
  }

  close(): void {
    try {
      this.iterator.return?.();
    } catch {
      // The push has an error of its own to tell.
    }
  }
}

/** A buffer of NDJSON text. */
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
  constructor(private readonly path: string) {}

  next(): Slice {
    return { records: [], file: this.path, isDone: true };
  }

  left(): number {
    return 0;
  }

  close(): void {}
}

/** Records, or pieces of NDJSON text when the first thing that comes is bytes. */
class AsyncReader implements Reader {
  constructor(
    private readonly iterator: AsyncIterator<unknown>,
    private isText: boolean,
  ) {}

  async next(stop: Stop, most: number): Promise<Slice> {
    const records: unknown[] = [];
    try {
      while (records.length < most) {
        const next = Promise.resolve(this.iterator.next()).then(checkedStep);
        const step = await stop.wait(next);
        if (step === undefined) return { records, isDone: false };
        if (step.done) return { records, isDone: true, ...(this.isText && { text: NOTHING }) };
        if (records.length === 0 && step.value instanceof Uint8Array) this.isText = true;
        if (this.isText) return { records, isDone: false, text: bytesOf(step.value) };
        records.push(step.value);
      }
      return { records, isDone: false };
    } catch (error) {
      return { records, isDone: true, thrown: { error } };
    }
  }

  left(): number {
    return 0;
  }

  close(): void {
    // Not awaited: a generator that waits for its own next record would hold us up with it.
    try {
      this.iterator.return?.().then(undefined, () => {});
    } catch {
      // The push has an error of its own to tell.
    }
  }
}
