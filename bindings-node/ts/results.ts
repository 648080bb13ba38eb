/** What calls resolve to: frozen objects of plain data. */

import type { PushKind } from './options.js';

type Extra = Readonly<Record<string, unknown>>;

/** Keys of a class's data, for `toJSON` and constructors. */
type Data<T> = { [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: T[K] };

/** The time that the service wrote, if `Date` can read it. */
function time(written: string | null): Date | null {
  const date = written === null ? Number.NaN : Date.parse(written);
  return Number.isNaN(date) ? null : new Date(date);
}

/** A CRM that the organisation has connected. */
export class CrmSync {
  /** The CRM's name as the service gives it; may be one that this version does not know. */
  readonly provider: string;
  /** The connection's state, for example `connected`. */
  readonly status: string;
  /** The connection's id in graph8. */
  readonly connectionId: string | null;
  /** When it last synchronised, as the service wrote it. */
  readonly lastSyncAt: string | null;
  /** When it was connected, as the service wrote it. */
  readonly connectedAt: string | null;
  /** Keys of the answer that this version does not know. */
  readonly extra: Extra;

  /** @internal */
  constructor(wire: WireCrmSync) {
    this.provider = wire.provider;
    this.status = wire.status;
    this.connectionId = wire.connection_id;
    this.lastSyncAt = wire.last_sync_at;
    this.connectedAt = wire.connected_at;
    this.extra = Object.freeze(wire.extra);
    Object.freeze(this);
  }

  /** `lastSyncAt` as a `Date`; null when it is none. */
  get lastSyncTime(): Date | null {
    return time(this.lastSyncAt);
  }

  /** `connectedAt` as a `Date`; null when it is none. */
  get connectedTime(): Date | null {
    return time(this.connectedAt);
  }

  /** The fields as a plain object. */
  toJSON(): Omit<Data<CrmSync>, 'lastSyncTime' | 'connectedTime'> {
    return { ...this };
  }
}

/** A field of a CRM's entity, custom ones included. */
export class Field {
  /** The name that people read. */
  readonly name: string;
  /** The key to use in records. */
  readonly slug: string;
  /** The CRM's own type name. */
  readonly type: string | null;
  /** Whether a create must have it; null when the CRM does not say. */
  readonly required: boolean | null;
  /** The label in the CRM's interface. */
  readonly label: string | null;
  /** Keys of the answer that this version does not know. */
  readonly extra: Extra;

  /** @internal */
  constructor(wire: WireField) {
    this.name = wire.name;
    this.slug = wire.slug;
    this.type = wire.type;
    this.required = wire.required;
    this.label = wire.label;
    this.extra = Object.freeze(wire.extra);
    Object.freeze(this);
  }

  /** The fields as a plain object. */
  toJSON(): Data<Field> {
    return { ...this };
  }
}

/** Whether a CRM's connection works. */
export class ConnectionStatus {
  /** The CRM. */
  readonly provider: string;
  /** Whether pushes can work now. */
  readonly connected: boolean;
  /** The connection's id in graph8. */
  readonly connectionId: string | null;
  /** The kind of CRM behind the connection. */
  readonly crmType: string | null;
  /** Why it is broken, when it is. */
  readonly message: string | null;
  /** When it last synchronised, as the service wrote it. */
  readonly lastSyncAt: string | null;
  /** Keys of the answer that this version does not know. */
  readonly extra: Extra;

  /** @internal */
  constructor(wire: WireConnectionStatus) {
    this.provider = wire.provider;
    this.connected = wire.connected;
    this.connectionId = wire.connection_id;
    this.crmType = wire.crm_type;
    this.message = wire.message;
    this.lastSyncAt = wire.last_sync_at;
    this.extra = Object.freeze(wire.extra);
    Object.freeze(this);
  }

  /** `lastSyncAt` as a `Date`; null when it is none. */
  get lastSyncTime(): Date | null {
    return time(this.lastSyncAt);
  }

  /** The fields as a plain object. */
  toJSON(): Omit<Data<ConnectionStatus>, 'lastSyncTime'> {
    return { ...this };
  }
}

/**
 * What became of a record: `pushed` (created, or the change applied), `failed` (refused; the
 * message says why), `unknown` (sent, and no trustworthy answer came), `not_sent` (it never left).
 */
export type Outcome = 'pushed' | 'failed' | 'unknown' | 'not_sent';

const OUTCOMES: readonly Outcome[] = ['pushed', 'failed', 'unknown', 'not_sent'];

/** A record that failed or whose outcome is unknown. */
export class Problem {
  /** The record's place in the input, from 0. */
  readonly index: number;
  /** `failed` or `unknown`. */
  readonly outcome: 'failed' | 'unknown';
  /** Why, in the words of the service or the CRM where they gave any. */
  readonly message: string;
  /** The record as it was sent; null when it could not be written as JSON. */
  readonly record: unknown;
  /** The service's id of the request that carried it; null when none did. */
  readonly requestId: string | null;

  /** @internal */
  constructor(wire: WireProblem) {
    this.index = wire.index;
    this.outcome = wire.outcome;
    this.message = wire.message;
    this.record = wire.record;
    this.requestId = wire.request_id;
    Object.freeze(this);
  }

  /** The fields as a plain object. */
  toJSON(): Data<Problem> {
    return { ...this };
  }
}

/**
 * What became of every record of a push. `pushed + failed + unknown + notSent` is always the
 * number of records handed in.
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
  /** Records refused. */
  readonly failed: number;
  /** Records sent without a trustworthy answer: may or may not be there. */
  readonly unknown: number;
  /** Records that never left: safe to send again. */
  readonly notSent: number;
  /** Requests made, repeats included. */
  readonly requests: number;
  /** Bytes of request bodies handed to the network, repeats included. */
  readonly bytesSent: number;
  /** Bytes of answer bodies, after decompression. */
  readonly bytesReceived: number;
  /** Seconds from the start of the push to its report. */
  readonly elapsedSeconds: number;
  /** Why the push stopped before every record was tried, in words; null when it did not. */
  readonly endedEarly: string | null;
  /** Of a list push: memberships that the service says it added; else null. */
  readonly listMembersAdded: number | null;
  /** Of a list push: memberships that the service says it removed; else null. */
  readonly listMembersRemoved: number | null;

  readonly #outcomes: Uint8Array;
  #problems: string | readonly Problem[];

  /** @internal */
  constructor(wire: WirePushReport, problems: string, outcomes: Uint8Array) {
    this.provider = wire.provider;
    this.kind = wire.kind;
    this.records = wire.records;
    this.pushed = wire.pushed;
    this.failed = wire.failed;
    this.unknown = wire.unknown;
    this.notSent = wire.not_sent;
    this.requests = wire.requests;
    this.bytesSent = wire.bytes_sent;
    this.bytesReceived = wire.bytes_received;
    this.elapsedSeconds = wire.elapsed_seconds;
    this.endedEarly = wire.ended_early;
    this.listMembersAdded = wire.list_members_added;
    this.listMembersRemoved = wire.list_members_removed;
    this.#outcomes = outcomes;
    this.#problems = problems;
    Object.freeze(this);
  }

  /** The failed and unknown records, in the order of the input. */
  get problems(): readonly Problem[] {
    // Parsed on demand: a large push's problems would hold up the event loop for nothing.
    if (typeof this.#problems === 'string') {
      const wire = JSON.parse(this.#problems) as WireProblem[];
      this.#problems = Object.freeze(wire.map((problem) => new Problem(problem)));
    }
    return this.#problems;
  }

  /** The problems whose records failed: they may be sent again after a fix. */
  get failures(): readonly Problem[] {
    return this.problems.filter((problem) => problem.outcome === 'failed');
  }

  /** The problems whose records are in doubt: look before you send them again. */
  get unknowns(): readonly Problem[] {
    return this.problems.filter((problem) => problem.outcome === 'unknown');
  }

  /** Outcomes by index, a byte each: 0 pushed, 1 failed, 2 unknown, 3 not sent. A copy. */
  get outcomes(): Uint8Array {
    return this.#outcomes.slice();
  }

  /**
   * What became of one record.
   *
   * @param index - Its place in the input, from 0.
   * @returns Its outcome; undefined when no record has that index.
   */
  outcome(index: number): Outcome | undefined {
    const code = this.#outcomes[index];
    return code === undefined ? undefined : OUTCOMES[code];
  }

  /** The report as a plain object, problems included, `outcomes` left out. */
  toJSON(): Omit<Data<PushReport>, 'failures' | 'unknowns' | 'outcomes' | 'problems'> & {
    problems: Data<Problem>[];
  } {
    return { ...this, problems: this.problems.map((problem) => problem.toJSON()) };
  }

  /** For `console.log`: the counts; problems are counted, since records are customers' data. */
  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    options: object,
    inspect: (value: unknown, options: object) => string,
  ): string {
    return `PushReport ${inspect({ ...this, problems: this.failed + this.unknown }, options)}`;
  }
}

/** A connected CRM as the addon tells it. */
export interface WireCrmSync {
  provider: string;
  status: string;
  connection_id: string | null;
  last_sync_at: string | null;
  connected_at: string | null;
  extra: Record<string, unknown>;
}

/** A field as the addon tells it. */
export interface WireField {
  name: string;
  slug: string;
  type: string | null;
  required: boolean | null;
  label: string | null;
  extra: Record<string, unknown>;
}

/** A connection's health as the addon tells it. */
export interface WireConnectionStatus {
  provider: string;
  connected: boolean;
  connection_id: string | null;
  crm_type: string | null;
  message: string | null;
  last_sync_at: string | null;
  extra: Record<string, unknown>;
}

/** A problem as the addon tells it. */
export interface WireProblem {
  index: number;
  outcome: 'failed' | 'unknown';
  message: string;
  record: unknown;
  request_id: string | null;
}

/** A report as the addon tells it, its problems apart. */
export interface WirePushReport {
  provider: string;
  kind: PushKind;
  records: number;
  pushed: number;
  failed: number;
  unknown: number;
  not_sent: number;
  requests: number;
  bytes_sent: number;
  bytes_received: number;
  elapsed_seconds: number;
  ended_early: string | null;
  list_members_added: number | null;
  list_members_removed: number | null;
}
