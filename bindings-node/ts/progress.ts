/** Snapshots of a push as an async iterator. */

import type { PushProgress } from './results.js';

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
