/** graph8's own contacts and companies, read page by page. */

import type { NativeRows } from './binding.js';
import { AbortedError } from './errors.js';
import type { Provider, PushKind } from './names.js';
import { native } from './native.js';
import { text } from './options.js';
import { abortable, resultOf } from './reply.js';
import { type CallSite, callSite, located } from './stack.js';

/** A contact or company as graph8 gives it. */
export type Graph8Row = Record<string, unknown>;

/** What a reading came to so far. */
interface Tally {
  readonly rows: number;
  readonly repeated: number;
  readonly total: number | null;
  readonly warning: string | null;
}

/**
 * graph8's own contacts or companies, as {@link Client.graph8Contacts} gives them.
 *
 * An async iterable of objects, read page by page as it goes, each row once by its `id`. Given to a push
 * or a check, it is read without JavaScript, until that ends or is aborted: ask for `form: 'graph8'`
 * there. Each reading begins anew, and graph8 promises no order.
 */
export class Graph8Rows implements AsyncIterable<Graph8Row> {
  readonly #open: () => NativeRows;
  readonly #native: NativeRows;
  readonly #signal: AbortSignal | undefined;
  readonly #site: CallSite;

  /**
   * @param open - Throws when the client is closed.
   * @internal
   */
  static of(
    rows: NativeRows,
    open: () => unknown,
    signal: AbortSignal | undefined,
    site: CallSite,
  ): Graph8Rows {
    return new Graph8Rows(rows, open, signal, site);
  }

  private constructor(
    rows: NativeRows,
    open: () => unknown,
    signal: AbortSignal | undefined,
    site: CallSite,
  ) {
    this.#native = rows;
    this.#signal = signal;
    this.#site = site;
    this.#open = () => {
      open();
      return rows;
    };
  }

  /** How many rows there are, as the last page that was read told it; null before. */
  get total(): number | null {
    return this.#tally().total;
  }

  /** Rows that were read, in the reading that began last. */
  get rows(): number {
    return this.#tally().rows;
  }

  /** Rows of that reading that came again and were left out. */
  get repeated(): number {
    return this.#tally().repeated;
  }

  /** After the end: what is odd, if more or fewer rows came than graph8 told; else null. */
  get warning(): string | null {
    return this.#tally().warning;
  }

  /**
   * Reads the rows from the first page on.
   *
   * @throws Graph8Error - its subclass tells why a page can't be read.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Graph8Row, void, undefined> {
    const reading = this.#open().read();
    const signal = this.#signal;
    for (;;) {
      if (signal?.aborted) throw this.#aborted();
      const reply = await abortable(
        signal,
        () => reading.cancel(),
        () => reading.next(),
      );
      if (signal?.aborted && reply.result === undefined) throw this.#aborted();
      const rows = resultOf(reply, this.#site) as Graph8Row[] | null;
      if (rows === null) return;
      yield* rows;
    }
  }

  /** @internal */
  get native(): NativeRows {
    return this.#open();
  }

  #tally(): Tally {
    return JSON.parse(this.#native.tally()) as Tally;
  }

  #aborted(): AbortedError {
    const cause: unknown = this.#signal?.reason;
    const message = 'the reading of graph8 rows was aborted by its signal';
    return located(new AbortedError(message, { cause }), this.#site);
  }
}

/** How a CRM's field takes a value of a graph8 row. */
export type Graph8Takes =
  | 'text'
  | 'number'
  | 'integer'
  | 'domain'
  | 'option'
  | 'name'
  | 'entries'
  | 'email_entries'
  | 'address';

/** A field of graph8's own rows, and where it goes in a CRM. */
export interface Graph8Field {
  /** Its name in graph8. */
  readonly name: string;
  /** The CRM's own field; null where there is none: the value is left out, unless `rename` places it. */
  readonly field: string | null;
  /** How the CRM's field takes the value; null where there is no such field. */
  readonly takes: Graph8Takes | null;
  /**
   * What it is of a field that several make up: `first` or `last` of a name, the label of an entry in a
   * list, the key in an address; `instead` where it stands in for the field before it.
   */
  readonly part: string | null;
}

/**
 * Where the fields of graph8's own rows go in a CRM, as `form: 'graph8'` does it.
 *
 * @param provider - The CRM.
 * @param kind - Default: `contacts`.
 * @throws ConfigError when there is no such CRM or kind.
 */
export function graph8Fields(
  provider: Provider,
  kind: Exclude<PushKind, 'lists'> = 'contacts',
): Graph8Field[] {
  const site = callSite(graph8Fields);
  const reply = native.graph8Fields(text('provider', provider), text('kind', kind));
  return resultOf(reply, site) as Graph8Field[];
}
