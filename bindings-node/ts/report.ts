/** What became of every record of a push. */

import { type AddedToList, addedToListOf, type WireAddedToList } from './added-to-list.js';
import { type Finding, findingsOf } from './check.js';
import type { PlainData } from './data.js';
import { configError, errorFromWire, NotAllPushedError, type WireError } from './errors.js';
import { parseRecords } from './exact-number.js';
import { camelKeys } from './keys.js';
import type { FixKind, Outcome, PushKind } from './names.js';
import { native } from './native.js';
import type { SentRecord } from './options.js';
import {
  groupsOf,
  type MessageCount,
  type MessageGroup,
  type Problem,
  type ProblemData,
  problemsOf,
  type ReportDataOptions,
  type Skip,
  type SkipData,
  skipsOf,
} from './problems.js';

const OUTCOMES: readonly Outcome[] = ['pushed', 'failed', 'unknown', 'not_sent', 'skipped'];

/**
 * What became of every record of a push. `pushed + skipped + failed + unknown + notSent` is always
 * the number of records handed in.
 */
export class PushReport {
  /** The CRM that was pushed into. */
  readonly provider: string;
  /** What was pushed. */
  readonly kind: PushKind;
  /** Records handed in. */
  readonly records: number;
  /** Records created, or list changes applied. */
  readonly pushed: number;
  /** Records left out on purpose; see `skips`. */
  readonly skipped: number;
  /** Records refused. */
  readonly failed: number;
  /** Records sent without a trustworthy answer: may or may not be there. */
  readonly unknown: number;
  /**
   * Records that had no effect through no fault of their own: they never left, or their request was
   * refused as a whole before any record was touched (401, 402, 403, 404, 429). Send them again.
   */
  readonly notSent: number;
  /**
   * Of the pushed records, those that earlier runs of the journal pushed: they were not sent again.
   */
  readonly pushedBefore: number;
  /**
   * Records that are others than those that the journal knows as pushed under their keys:
   * `recordsOf('changed')` gives them. They were not sent, since the service can't update records, and
   * count as pushed before; with `onChange: 'push'` they were created once more.
   */
  readonly changed: number;
  /** Of those that never left, the ones at the end of the source that were not even read. */
  readonly unread: number;
  /**
   * Requests made, repeats included; of a push that went on from a journal those of this run, while
   * its records are those of all runs.
   */
  readonly requests: number;
  /** Bytes of request bodies handed to the network, repeats included; of this run. */
  readonly bytesSent: number;
  /** Bytes of answer bodies, after decompression; of this run. */
  readonly bytesReceived: number;
  /** Seconds from the start of this run of the push to its report. */
  readonly elapsedSeconds: number;
  /**
   * With whom the push shared the rate limit: `host` with all processes of this host that use the same
   * store, `shared` with all hosts that use the same Redis, `alone` with nobody: that was asked for,
   * nothing was paced, or the store could not be had at the end. See `docs/processes.md`.
   */
  readonly pacing: 'host' | 'shared' | 'alone';
  /**
   * Failed and unknown records that are not in `problems`, which holds 100,000 records or 64 MiB
   * of them; a dead-letter file has them all.
   */
  readonly problemsOmitted: number;
  /** Skipped records that are not in `skips`, which holds 100,000 records or 64 MiB of them. */
  readonly skipsOmitted: number;
  /**
   * How often each message came, the most frequent first; omitted problems and skips are counted
   * too.
   */
  readonly messages: readonly MessageCount[];
  /** Why the push stopped before every record was tried; null when it did not. A message to read. */
  readonly endedEarly: string | null;
  /** Of a list push: contacts that the answered requests of this run asked to add; else null. */
  readonly listMembersToAdd: number | null;
  /**
   * Of a list push: memberships that the service says it added; else null. Fewer than asked for when
   * some contacts were members before, or the CRM does not know them.
   */
  readonly listMembersAdded: number | null;
  /** Of a list push: contacts that the answered requests of this run asked to remove; else null. */
  readonly listMembersToRemove: number | null;
  /** Of a list push: memberships that the service says it removed; else null. */
  readonly listMembersRemoved: number | null;
  /**
   * What became of the pushed and skipped contacts that `addToList` asked to add to a list; null where
   * it was not given.
   */
  readonly addedToList: AddedToList | null;
  /**
   * What is probably not meant though nothing was refused for it: of all records together, such as
   * that none has an e-mail, and with `check` of each. The most frequent first.
   */
  readonly warnings: readonly Finding[];
  /** How many values `fix` made right, by kind; of this run. */
  readonly fixed: Readonly<Partial<Record<FixKind, number>>>;
  /** Batches that are not in `requestLog`, which holds 10,000: the channels have them. */
  readonly requestLogOmitted: number;
  /** The counts and the most frequent messages, in one line. */
  readonly summary: string;

  readonly #wire: WireTexts;
  /** Packed; undefined when all were pushed. */
  readonly #packed: Uint8Array | undefined;
  #problems: readonly Problem[] | undefined;
  #skips: readonly Skip[] | undefined;
  #groups: readonly MessageGroup[] | undefined;
  #requestLog: readonly RequestLine[] | undefined;

  /** @internal */
  static of(wire: WireTexts, packed: Uint8Array | undefined): PushReport {
    return new PushReport(wire, packed);
  }

  private constructor(wire: WireTexts, packed: Uint8Array | undefined) {
    const report = JSON.parse(wire.report) as WirePushReport;
    this.provider = report.provider;
    this.kind = report.kind;
    this.records = report.records;
    this.pushed = report.pushed;
    this.skipped = report.skipped;
    this.failed = report.failed;
    this.unknown = report.unknown;
    this.notSent = report.not_sent;
    this.pushedBefore = report.pushed_before;
    this.changed = report.changed;
    this.unread = report.unread;
    this.requests = report.requests;
    this.bytesSent = report.bytes_sent;
    this.bytesReceived = report.bytes_received;
    this.elapsedSeconds = report.elapsed_seconds;
    this.pacing = report.pacing;
    this.problemsOmitted = report.problems_omitted;
    this.skipsOmitted = report.skips_omitted;
    this.messages = Object.freeze(report.messages.map((entry) => Object.freeze(entry)));
    this.endedEarly = report.ended_early;
    this.listMembersToAdd = report.list_members_to_add;
    this.listMembersAdded = report.list_members_added;
    this.listMembersToRemove = report.list_members_to_remove;
    this.listMembersRemoved = report.list_members_removed;
    this.addedToList = addedToListOf(report.added_to_list);
    this.warnings = findingsOf(report.warnings);
    this.fixed = Object.freeze(report.fixed);
    this.requestLogOmitted = report.request_log_omitted;
    this.summary = report.summary;
    this.#wire = wire;
    this.#packed = packed;
    Object.freeze(this);
  }

  /** The failed and unknown records, in the order of the input; see `problemsOmitted`. */
  get problems(): readonly Problem[] {
    // Parsed on demand: a large push's problems would hold up the event loop for nothing.
    this.#problems ??= problemsOf(this.#wire.problems);
    return this.#problems;
  }

  /** The skipped records, in the order of the input; see `skipsOmitted`. */
  get skips(): readonly Skip[] {
    this.#skips ??= skipsOf(this.#wire.skips);
    return this.#skips;
  }

  /** The batches of this run in the order in which they ended, each with its requests. */
  get requestLog(): readonly RequestLine[] {
    this.#requestLog ??= requestLogOf(this.#wire.request_log);
    return this.#requestLog;
  }

  /** The problems whose records failed: they may be sent again after a fix. */
  get failures(): readonly Problem[] {
    return this.problems.filter((problem) => problem.outcome === 'failed');
  }

  /** The problems whose records are in doubt: look before you send them again. */
  get unknowns(): readonly Problem[] {
    return this.problems.filter((problem) => problem.outcome === 'unknown');
  }

  /** Outcomes by index, a byte each: 0 pushed, 1 failed, 2 unknown, 3 not sent, 4 skipped. A copy. */
  get outcomes(): Uint8Array {
    return Uint8Array.from({ length: this.records }, (_, index) => this.#code(index));
  }

  /**
   * What became of one record.
   *
   * @param index - Its place in the input, from 0.
   * @returns Its outcome; undefined when no record has that index.
   */
  outcome(index: number): Outcome | undefined {
    const isPlace = Number.isSafeInteger(index) && index >= 0 && index < this.records;
    return isPlace ? OUTCOMES[this.#code(index)] : undefined;
  }

  #code(index: number): number {
    if (!this.#packed) return 0;
    return ((this.#packed[index >>> 1] ?? 0x33) >> ((index & 1) << 2)) & 15;
  }

  get #outcomes(): Uint8Array {
    return this.#packed ?? new Uint8Array(Math.ceil(this.records / 2));
  }

  /**
   * How many records failed with each message, the most frequent first. Messages that differ in e-mail
   * addresses, ids, numbers, times and quoted texts alone are one.
   */
  failuresByMessage(): readonly MessageGroup[] {
    return this.#messageGroups.filter(({ outcome }) => outcome === 'failed');
  }

  get #messageGroups(): readonly MessageGroup[] {
    this.#groups ??= groupsOf(this.#wire.groups);
    return this.#groups;
  }

  /**
   * The records of one outcome as they were sent, in the order of the input, for another try.
   * Records that could not be written as JSON have no such form and are left out. A number whose digits JavaScript
   * would not give back is an `ExactNumber`, so that what you leave as it is travels as before. `'changed'`, which is
   * no outcome, gives the `changed` records.
   *
   * @throws ConfigError when the report does not hold all of them: pushed records are never kept,
   * some problems or skips may be omitted, and records that were never read are still with their source.
   * Of changed records it keeps 100,000, or 64 MiB.
   */
  recordsOf(outcome: Outcome | 'changed'): SentRecord[] {
    if (outcome === 'changed') {
      const changes = parseRecords(this.#wire.changes) as { record: SentRecord }[];
      if (changes.length < this.changed) {
        throw configError(`${this.changed - changes.length} changed records were too many to keep`);
      }
      return changes.map(({ record }) => record);
    }
    if (outcome === 'pushed') throw configError('a report keeps no pushed records');
    if (outcome === 'not_sent') {
      if (this.unread > 0) {
        throw configError(
          `${this.unread} records were never read from their source: they are its last ones, ` +
            `from index ${this.records - this.unread} on`,
        );
      }
      const unsent = parseRecords(this.#wire.unsent) as { record: SentRecord }[];
      return unsent.map(({ record }) => record);
    }
    if (outcome === 'skipped') {
      if (this.skipsOmitted > 0) {
        throw configError(`${this.skipsOmitted} skipped records were too many to keep`);
      }
      return this.skips.map(({ record }) => record as SentRecord);
    }
    if (this.problemsOmitted > 0) {
      throw configError(
        `${this.problemsOmitted} failed or unknown records were too many to keep: ask for a ` +
          'deadLetter file to have them all',
      );
    }
    return this.problems
      .filter((problem) => problem.outcome === outcome && problem.record !== null)
      .map(({ record }) => record as SentRecord);
  }

  /**
   * Does nothing when every record was pushed, or skipped on purpose.
   *
   * @throws NotAllPushedError when some were not; it carries this report.
   */
  throwForFailures(): void {
    if (this.pushed + this.skipped !== this.records) {
      throw new NotAllPushedError(this.summary, { report: this });
    }
  }

  /**
   * Both reports as one.
   *
   * Without `of`, as if the other's records had followed this one's in the input. With it, the other
   * is of a retry: its records were those that `of` names, in that order, and their outcomes take the
   * place of the old ones. An outcome names the records that `recordsOf` gives, of those not sent also
   * the ones that were never read; indexes name any that were not pushed. A report whose records are
   * all pushed by now is a clean one.
   *
   * @throws ConfigError when the reports are of different CRMs or kinds, the other has not as many
   * records as `of` names, or `of` names a record twice, one that was pushed, or one that is not there.
   */
  merge(other: PushReport, { of }: MergeOptions = {}): PushReport {
    const [ours, theirs] = [this, other].map((report) => {
      const { report: head, ...lists } = report.#wire;
      const texts = Object.entries(lists).map(([name, text]) => `,"${name}":${text}`);
      return `${head.slice(0, -1)}${texts.join('')}}`;
    }) as [string, string];
    const retried = typeof of === 'object' && of !== null ? [...of] : of;
    const merged = native.mergeReports(
      ours,
      this.#outcomes,
      theirs,
      other.#outcomes,
      retried == null ? undefined : JSON.stringify(retried),
    );
    const report = reportIn(merged);
    if (!report) throw errorFromWire(JSON.parse(merged.error ?? '{}') as WireError);
    return report;
  }

  /**
   * The report as a plain object, fit for logs: without the records of problems and skips, which are customers'
   * data, unless they are asked for. `outcomes` is left out.
   */
  toJSON(options?: ReportDataOptions | string): ReportData {
    const problems = this.problems.map((problem) => problem.toJSON(options));
    const skips = this.skips.map((skip) => skip.toJSON(options));
    return { ...this, problems, skips, requestLog: this.requestLog };
  }

  /** The summary. */
  toString(): string {
    return this.summary;
  }

  /**
   * For `console.log`: the summary, counts and grouped messages, without e-mail addresses; never the records,
   * which are customers' data.
   */
  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    options: object,
    inspect: (value: unknown, options: object) => string,
  ): string {
    const { messages: _messages, summary, warnings: _warnings, ...counts } = this;
    const warnings = this.warnings.map(({ code, field, count }) => ({ code, field, count }));
    const problems = this.failed + this.unknown;
    const messages = shown(this.#messageGroups);
    return `PushReport ${inspect({ summary, ...counts, warnings, problems, messages }, options)}`;
  }
}

/** Groups of messages that `console.log` shows at most. */
const SHOWN_GROUPS = 20;

/** Groups of messages as lines. */
function shown(groups: readonly MessageGroup[]): string[] {
  const lines = groups.slice(0, SHOWN_GROUPS).map(({ outcome, message, count, examples }) => {
    const more = examples.length < count ? ', …' : '';
    return `${count} ${outcome}: ${message} (index ${examples.join(', ')}${more})`;
  });
  const rest = groups.length - lines.length;
  return rest > 0 ? [...lines, `and ${rest} more`] : lines;
}

/** What {@link PushReport.toJSON} gives. */
export type ReportData = Omit<
  PlainData<PushReport>,
  'failures' | 'unknowns' | 'outcomes' | 'problems' | 'skips'
> & {
  problems: ProblemData[];
  skips: SkipData[];
};

/** A batch of a push and its requests. */
export interface RequestLine {
  /** The index of its first record. */
  readonly firstIndex: number;
  /** How many records it had. */
  readonly records: number;
  /** The status of the last answer; null where none came. */
  readonly status: number | null;
  /** How often it was tried. */
  readonly attempts: number;
  /** How long the last try took. */
  readonly milliseconds: number;
  /** The service's id of the last try, for its support; null where no answer came. */
  readonly requestId: string | null;
}

function requestLogOf(text: string): readonly RequestLine[] {
  const lines = JSON.parse(text) as Record<string, unknown>[];
  return Object.freeze(
    lines.map((line) => Object.freeze(camelKeys(line))),
  ) as unknown as RequestLine[];
}

/** How two reports become one. */
export interface MergeOptions {
  /**
   * The records that the other report is a retry of, by outcome or by index. Default: it is of other
   * records.
   */
  readonly of?: Outcome | Iterable<number> | undefined;
}

/** The parts of the addon's reply that make a report. */
interface ReplyWithReport {
  report?: string;
  problems?: string;
  skips?: string;
  unsent?: string;
  groups?: string;
  changes?: string;
  requestLog?: string;
  outcomes?: Uint8Array;
}

/** A push's report, whether it comes alone or with an error; null when there is none. */
export function reportIn(reply: ReplyWithReport): PushReport | null {
  const { report, problems = '[]', skips = '[]', unsent = '[]', changes = '[]' } = reply;
  if (report === undefined) return null;
  const { groups = '[]', requestLog: request_log = '[]' } = reply;
  const wire = { report, problems, skips, unsent, changes, groups, request_log };
  return PushReport.of(wire, reply.outcomes);
}

/** A report in the addon's texts; the parts that may be large stand apart. */
export interface WireTexts {
  readonly report: string;
  readonly problems: string;
  readonly skips: string;
  readonly unsent: string;
  readonly groups: string;
  readonly changes: string;
  readonly request_log: string;
}

/** The head of a report as the addon tells it. */
interface WirePushReport {
  provider: string;
  kind: PushKind;
  records: number;
  pushed: number;
  skipped: number;
  failed: number;
  unknown: number;
  not_sent: number;
  pushed_before: number;
  changed: number;
  unread: number;
  requests: number;
  bytes_sent: number;
  bytes_received: number;
  elapsed_seconds: number;
  pacing: 'host' | 'shared' | 'alone';
  problems_omitted: number;
  skips_omitted: number;
  messages: MessageCount[];
  ended_early: string | null;
  list_members_to_add: number | null;
  list_members_added: number | null;
  list_members_to_remove: number | null;
  list_members_removed: number | null;
  added_to_list?: WireAddedToList;
  warnings: Finding[];
  fixed: Partial<Record<FixKind, number>>;
  request_log_omitted: number;
  summary: string;
}
