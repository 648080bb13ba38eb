/** The records of a push that failed, are in doubt or were skipped. */

import { parseRecords } from './exact-number.js';

/** What `toJSON` is to have. */
export interface ReportDataOptions {
  /** The records of problems and skips, too. Default: false. */
  readonly records?: boolean | undefined;
}

/** A record that failed or whose outcome is unknown. */
export class Problem {
  /** The record's place in the input, from 0. */
  readonly index: number;
  /** `failed` or `unknown`. */
  readonly outcome: 'failed' | 'unknown';
  /** Why: the message of the service or the CRM, where they gave one. */
  readonly message: string;
  /** The service's id of the request that carried it; null when none did. */
  readonly requestId: string | null;
  /** Whether it may simply be sent again as it is: the CRM could not take it at that moment. */
  readonly retryable: boolean;
  // Private: `console` shows every other kind of property, one way or another.
  readonly #record: unknown;

  /** @internal */
  static of(wire: WireProblem): Problem {
    return new Problem(wire);
  }

  private constructor(wire: WireProblem) {
    this.index = wire.index;
    this.outcome = wire.outcome;
    this.message = wire.message;
    this.requestId = wire.request_id;
    this.retryable = wire.retryable;
    this.#record = wire.record;
    Object.freeze(this);
  }

  /**
   * The record as it was sent; null when it could not be written as JSON. A number whose digits JavaScript would not
   * give back is an `ExactNumber`. `console` never shows the record: it is customers' data.
   */
  get record(): unknown {
    return this.#record;
  }

  /** For `const [index, outcome, message, record] of report.failures`. */
  *[Symbol.iterator](): Generator<unknown, void> {
    yield* [this.index, this.outcome, this.message, this.record];
  }

  /** The fields as a plain object: without the record, unless it is asked for. */
  toJSON(options?: ReportDataOptions | string): ProblemData {
    return { ...this, ...recordAsAsked(this.#record, options) };
  }
}

/** A problem as a plain object. */
export type ProblemData = Pick<
  Problem,
  'index' | 'outcome' | 'message' | 'requestId' | 'retryable'
> & { record?: unknown };

/** A record that was left out on purpose. */
export class Skip {
  /** The record's place in the input, from 0. */
  readonly index: number;
  /** Why, and which record stands for it. */
  readonly message: string;
  /**
   * The CRM's ids of the contacts that it has in place of this one; none where an earlier record of the push
   * stands for it.
   */
  readonly existing: readonly string[];
  readonly #record: unknown;

  /** @internal */
  static of(wire: WireSkip): Skip {
    return new Skip(wire);
  }

  private constructor(wire: WireSkip) {
    this.index = wire.index;
    this.message = wire.message;
    this.existing = Object.freeze(wire.existing);
    this.#record = wire.record;
    Object.freeze(this);
  }

  /**
   * The record as it would have been sent, with each `ExactNumber` that is in it. `console` never shows it: it is
   * customers' data.
   */
  get record(): unknown {
    return this.#record;
  }

  /** The fields as a plain object: without the record, unless it is asked for. */
  toJSON(options?: ReportDataOptions | string): SkipData {
    return { ...this, ...recordAsAsked(this.#record, options) };
  }
}

/** A skip as a plain object. */
export type SkipData = Pick<Skip, 'index' | 'message' | 'existing'> & { record?: unknown };

/** The record under its name, where it is asked for. `JSON.stringify` passes a key instead of options. */
function recordAsAsked(
  record: unknown,
  options: ReportDataOptions | string | undefined,
): { record?: unknown } {
  return typeof options === 'object' && options.records === true ? { record } : {};
}

/** How many records had a message. */
export interface MessageCount {
  /** `failed`, `unknown` or `skipped`. */
  readonly outcome: 'failed' | 'unknown' | 'skipped';
  /** The message of the problems or skips; where theirs names another record, without its index. */
  readonly message: string;
  /** Records. */
  readonly count: number;
}

/** Records whose messages differ in their values alone. */
export interface MessageGroup {
  /** `failed`, `unknown` or `skipped`. */
  readonly outcome: 'failed' | 'unknown' | 'skipped';
  /**
   * What their messages have in common; `…` stands for e-mail addresses, ids, numbers, times and quoted texts
   * that are not the same in all of them.
   */
  readonly message: string;
  /** Records. */
  readonly count: number;
  /** The places of the first of them in the input, at most five. */
  readonly examples: readonly number[];
}

/** Groups of messages out of the addon's text. */
export function groupsOf(text: string): readonly MessageGroup[] {
  const groups = JSON.parse(text) as MessageGroup[];
  return Object.freeze(
    groups.map((group) => Object.freeze({ ...group, examples: Object.freeze(group.examples) })),
  );
}

/** Problems out of the addon's text. */
export function problemsOf(text: string): readonly Problem[] {
  const wire = parseRecords(text) as WireProblem[];
  return Object.freeze(wire.map((problem) => Problem.of(problem)));
}

/** Skipped records out of the addon's text. */
export function skipsOf(text: string): readonly Skip[] {
  const wire = parseRecords(text) as WireSkip[];
  return Object.freeze(wire.map((skip) => Skip.of(skip)));
}

/** A problem as the addon tells it. */
interface WireProblem {
  index: number;
  outcome: 'failed' | 'unknown';
  message: string;
  record: unknown;
  request_id: string | null;
  retryable: boolean;
}

/** A skip as the addon tells it. */
interface WireSkip {
  index: number;
  message: string;
  existing: string[];
  record: unknown;
}
