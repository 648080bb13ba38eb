/** Records from any source, a slice at a time. */

import { configError } from './errors.js';

/** Records taken at a time: one full request, so that a source runs no further ahead than that. */
export const SLICE = 100;

/** What the source gave: maybe fewer records than asked for, then it is done or has thrown. */
export interface Slice {
  readonly records: readonly unknown[];
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
  /** The next slice; never rejects. `stop` ends the wait when nobody wants it any more. */
  next(stop: Stop): Slice | Promise<Slice>;
  /** How many records a sized source still holds; 0 when it does not say. */
  left(): number;
  /** Tells a source that was not read to its end. */
  close(): void;
}

/** Opens a source; what is none is a `ConfigError`. */
export function openSource(records: unknown): Reader {
  if (Array.isArray(records)) return new ArrayReader(records);
  if (typeof records === 'object' && records !== null) {
    const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } =
      records as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
    if (typeof asynchronous === 'function') return new AsyncReader(asynchronous.call(records));
    if (typeof synchronous === 'function') {
      return new IterableReader(synchronous.call(records), sizeOf(records));
    }
  }
  const kind = records === null ? 'null' : typeof records;
  throw configError(
    `records is one ${kind} instead of many records: pass an array, an iterable or an async iterable`,
  );
}

function sizeOf(records: object): number {
  const { size } = records as { size?: unknown };
  return typeof size === 'number' && Number.isSafeInteger(size) ? size : 0;
}

class ArrayReader implements Reader {
  #at = 0;

  constructor(private readonly records: readonly unknown[]) {}

  next(): Slice {
    const records = this.records.slice(this.#at, this.#at + SLICE);
    this.#at += records.length;
    return { records, isDone: this.#at >= this.records.length };
  }

  left(): number {
    return Math.max(0, this.records.length - this.#at);
  }

  close(): void {}
}

class IterableReader implements Reader {
  #given = 0;

  constructor(
    private readonly iterator: Iterator<unknown>,
    private readonly size: number,
  ) {}

  next(): Slice {
    const records: unknown[] = [];
    try {
      while (records.length < SLICE) {
        const step = this.iterator.next();
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

class AsyncReader implements Reader {
  constructor(private readonly iterator: AsyncIterator<unknown>) {}

  async next(stop: Stop): Promise<Slice> {
    const records: unknown[] = [];
    try {
      while (records.length < SLICE) {
        const step = await stop.wait(Promise.resolve(this.iterator.next()));
        if (step === undefined) return { records, isDone: false };
        if (step.done) return { records, isDone: true };
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
