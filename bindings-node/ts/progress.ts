/** Snapshots of a push, and an async iterator over them. */

import { camelKeys } from './keys.js';

/** Why no request of a push is under way. */
export interface Wait {
  /**
   * The rate limit has no room, what failed without effect is tried again, or records in doubt will be looked for
   * when the service can no longer be at work on them.
   */
  readonly reason: 'rate_limit' | 'retry' | 'crm_rate_limit' | 'in_doubt' | 'search_lag';
  /** How much longer, in seconds, as far as that is known. */
  readonly seconds: number | null;
}

/** How far a push is. */
export interface PushProgress {
  /** Records read from the source so far. */
  readonly records: number;
  /** Records of the whole source; null where it does not tell. */
  readonly total: number | null;
  /** Records created, or list changes applied. */
  readonly pushed: number;
  /** Records left out on purpose. */
  readonly skipped: number;
  /** Records refused. */
  readonly failed: number;
  /** Records sent without a trustworthy answer. */
  readonly unknown: number;
  /** Requests whose fate is known, repeats included. */
  readonly requests: number;
  /** Requests under way or waiting to leave. */
  readonly inFlight: number;
  /** Bytes of request bodies handed to the network, repeats included. */
  readonly bytesSent: number;
  /** Records per request at the moment. */
  readonly batchSize: number;
  /** Since the push began, in seconds. */
  readonly elapsedSeconds: number;
  /** Records settled per second by this run, on average. */
  readonly recordsPerSecond: number;
  /**
   * Who shares the rate limit with this push at the moment, as in the report; `alone` also while the store that it is
   * shared by can't be had.
   */
  readonly pacing: 'host' | 'shared' | 'alone';
  /** Set when every request waits. */
  readonly waiting: Wait | null;
  /**
   * Time left, in seconds, by the rate limits, the size of batches and how long answers take; null where the total is
   * not known, and before a batch was answered.
   */
  readonly secondsLeft: number | null;
}

/** A snapshot out of the addon's text. */
export function progressOf(text: string): PushProgress {
  return Object.freeze(camelKeys(JSON.parse(text))) as unknown as PushProgress;
}

/** Ends what iterates over the snapshots of a push, if anything does. */
export function endProgress(listener: unknown): void {
  if (listener instanceof ProgressStream) listener.end();
}

/**
 * Snapshots of one push, to be iterated beside it; it ends with the push. It keeps the newest
 * snapshot only, so a slow reader misses some and holds nothing up.
 *
 * @example
 * ```ts
 * const onProgress = new ProgressStream();
 * const pushed = client.pushContacts('hubspot', people, { onProgress });
 * for await (const { pushed } of onProgress) console.log(pushed);
 * const report = await pushed;
 * ```
 */
export class ProgressStream implements AsyncIterable<PushProgress> {
  #newest: PushProgress | undefined;
  #isOver = false;
  #sleepers: (() => void)[] = [];

  /** Takes in a snapshot; the push calls this. */
  push(snapshot: PushProgress): void {
    this.#newest = snapshot;
    this.#wake();
  }

  /** Ends the iteration after the newest snapshot; the push calls this. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PushProgress, void> {
    for (;;) {
      const snapshot = this.#newest;
      this.#newest = undefined;
      if (snapshot) yield snapshot;
      else if (this.#isOver) return;
      else await new Promise<void>((resolve) => this.#sleepers.push(resolve));
    }
  }

  #wake(): void {
    for (const wake of this.#sleepers.splice(0)) wake();
  }
}
