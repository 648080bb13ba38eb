/** The errors that calls reject with. */

import { inJavaScript } from './keys.js';
import type { PushReport } from './report.js';

/** What kind of thing went wrong; each kind has its class. */
export type ErrorKind =
  | 'config'
  | 'authentication'
  | 'payment_required'
  | 'permission'
  | 'not_connected'
  | 'invalid_request'
  | 'rate_limited'
  | 'upstream_crm'
  | 'server'
  | 'connection'
  | 'timeout'
  | 'invalid_answer'
  | 'cancelled'
  | 'stopped'
  | 'source'
  | 'storage'
  | 'not_all_pushed'
  | 'internal';

/** What an error tells beside its message. */
export interface ErrorFields {
  /** The HTTP status, where an answer came. */
  readonly status?: number | null;
  /** The service's error code, for example `insufficient_credits`. */
  readonly code?: string | null;
  /** The service's own error detail, of any shape. */
  readonly detail?: unknown;
  /** The service's id of the request, for its support. */
  readonly requestId?: string | null;
  /** Whether the same call may well succeed a little later. */
  readonly retryable?: boolean;
  /** How long the service asked to wait, in seconds. */
  readonly retryAfter?: number | null;
  /** The host that could not be reached, or whose connection broke. */
  readonly host?: string | null;
  /** What the last try met, when an abort or a deadline ended a call that was to be tried again. */
  readonly lastFailure?: string | null;
  /** What became of each record, when the error ended a push. */
  readonly report?: PushReport | null;
  /** What caused it, for example the reason of an abort. */
  readonly cause?: unknown;
}

/** Names the class of an error in every copy of the package. */
const BRAND = Symbol.for('graph8-crm.error');

interface Branded {
  readonly [BRAND]?: string;
}

/** The base of all errors of this package. The API key is in none of them. */
export class Graph8Error extends Error {
  /** What kind of thing went wrong. */
  readonly kind: ErrorKind = 'internal';
  /** The HTTP status; null where no answer came. */
  readonly status: number | null;
  /**
   * The service's error code, for example `insufficient_credits`. Where no answer came, the code of the cause:
   * `ECONNREFUSED`, `ENOTFOUND`, `ECONNRESET`, `CONNECT_TIMEOUT`, `READ_TIMEOUT`, `TIMEOUT`, `DEADLINE` and so on.
   * Else null.
   */
  readonly code: string | null;
  /** The service's own error detail, of any shape; null where it gave none. */
  readonly detail: unknown;
  /** The service's id of the request, for its support; null where no answer came. */
  readonly requestId: string | null;
  /** Whether the same call may well succeed a little later. */
  readonly retryable: boolean;
  /** How long the service asked to wait, in seconds; null where it did not. */
  readonly retryAfter: number | null;
  /** The host that could not be reached, or whose connection broke; else null. */
  readonly host: string | null;
  /** What the last try met, when an abort, a stop or a deadline ended a call that was to be tried again; else null. */
  readonly lastFailure: string | null;
  /**
   * What became of each record, when the error ended a push; else null. Not enumerable, so that a
   * logged error does not print customers' records.
   */
  declare readonly report: PushReport | null;

  constructor(message: string, fields: ErrorFields = {}) {
    super(message, 'cause' in fields ? { cause: fields.cause } : undefined);
    this.status = fields.status ?? null;
    this.code = fields.code ?? null;
    this.detail = fields.detail ?? null;
    this.requestId = fields.requestId ?? null;
    this.retryable = fields.retryable ?? false;
    this.retryAfter = fields.retryAfter ?? null;
    this.host = fields.host ?? null;
    this.lastFailure = fields.lastFailure ?? null;
    Object.defineProperty(this, 'report', { value: fields.report ?? null, configurable: true });
  }

  static {
    // On the prototype: an own name would be printed a second time by console.error.
    named(Graph8Error, 'Graph8Error');
  }

  /**
   * Whether it is an error of this package, or, called on a class of it, of that class; also where it comes
   * from another copy of the package, for which `instanceof` is false. The type is then a union: its `kind`
   * tells the classes apart.
   *
   * @example
   * ```ts
   * if (Graph8Error.is(error) && error.kind === 'rate_limited') await wait(error.retryAfter);
   * ```
   * @param error - What was caught.
   */
  static is<C extends abstract new (...args: never[]) => Graph8Error>(
    this: C,
    error: unknown,
  ): error is typeof Graph8Error extends C ? AnyGraph8Error : InstanceType<C> {
    if (typeof error !== 'object' || error === null) return false;
    const brand = (error as Branded)[BRAND];
    // biome-ignore lint/complexity/noThisInStatic: on which class it is called is what counts
    const own = (this.prototype as Branded)[BRAND];
    return brand !== undefined && (own === 'Graph8Error' || own === brand);
  }

  /** The error as plain data, without its report and stack. */
  toJSON(): Record<string, unknown> {
    const { name, kind, message, status, code, detail, requestId, retryable, retryAfter } = this;
    const { host, lastFailure } = this;
    const ours = { name, kind, message, status, code, detail, requestId, retryable, retryAfter };
    return { ...ours, host, lastFailure };
  }
}

function named(errorClass: { prototype: Error; name: string }, name: string): void {
  Object.defineProperty(errorClass.prototype, BRAND, { value: errorClass.name });
  Object.defineProperty(errorClass.prototype, 'name', {
    value: name,
    configurable: true,
    writable: true,
  });
}

/** A wrong argument or setting; nothing was sent. */
export class ConfigError extends Graph8Error {
  override readonly kind = 'config';
  static {
    named(ConfigError, 'ConfigError');
  }
}

/** 401: the key is missing, wrong or expired, or belongs to no organisation. */
export class AuthenticationError extends Graph8Error {
  override readonly kind = 'authentication';
  static {
    named(AuthenticationError, 'AuthenticationError');
  }
}

/** 402: no credits, or no valid subscription. */
export class PaymentRequiredError extends Graph8Error {
  override readonly kind = 'payment_required';
  static {
    named(PaymentRequiredError, 'PaymentRequiredError');
  }
}

/** 403: the key lacks a scope or belongs to another organisation. */
export class PermissionDeniedError extends Graph8Error {
  override readonly kind = 'permission';
  static {
    named(PermissionDeniedError, 'PermissionDeniedError');
  }
}

/** 404: the organisation has no active connection to that CRM. */
export class NotConnectedError extends Graph8Error {
  override readonly kind = 'not_connected';
  static {
    named(NotConnectedError, 'NotConnectedError');
  }
}

/** 400, 409, 413, 422: the service refuses the request's content. */
export class InvalidRequestError extends Graph8Error {
  override readonly kind = 'invalid_request';
  static {
    named(InvalidRequestError, 'InvalidRequestError');
  }
}

/** 429: waiting did not help, or the service asks for too long a wait; see `retryAfter`. */
export class RateLimitedError extends Graph8Error {
  override readonly kind = 'rate_limited';
  static {
    named(RateLimitedError, 'RateLimitedError');
  }
}

/** The CRM behind graph8 refused to tell its fields. */
export class UpstreamCrmError extends Graph8Error {
  override readonly kind = 'upstream_crm';
  static {
    named(UpstreamCrmError, 'UpstreamCrmError');
  }
}

/** 5xx: the service failed. */
export class ServerError extends Graph8Error {
  override readonly kind = 'server';
  static {
    named(ServerError, 'ServerError');
  }
}

/** The service can't be reached, or the connection broke. */
export class ConnectionFailedError extends Graph8Error {
  override readonly kind = 'connection';
  static {
    named(ConnectionFailedError, 'ConnectionFailedError');
  }
}

/** A time-out or the deadline of a push passed. */
export class RequestTimeoutError extends Graph8Error {
  override readonly kind = 'timeout';
  static {
    named(RequestTimeoutError, 'RequestTimeoutError');
  }
}

/** An answer that can't be trusted: unreadable, cut off, too large, or a redirect. */
export class InvalidAnswerError extends Graph8Error {
  override readonly kind = 'invalid_answer';
  static {
    named(InvalidAnswerError, 'InvalidAnswerError');
  }
}

/**
 * The call's `AbortSignal` stopped it. Its name is `AbortError` and its code `ABORT_ERR`, as with
 * Node's own; `cause` is the signal's reason, and from a push `report` says what became of each
 * record.
 */
export class AbortedError extends Graph8Error {
  override readonly kind = 'cancelled';
  static {
    named(AbortedError, 'AbortError');
  }

  constructor(message: string, fields: ErrorFields = {}) {
    super(message, { ...fields, code: 'ABORT_ERR' });
  }
}

/** The caller's `stopSignal`, or a rule of the push, was met: `onError` or `maxFailures`. */
export class PushStoppedError extends Graph8Error {
  override readonly kind = 'stopped';
  /** What became of each record. */
  declare readonly report: PushReport;
  static {
    named(PushStoppedError, 'PushStoppedError');
  }
}

/** The file or stream of the records can't be read on; see `report` for those before. */
export class SourceError extends Graph8Error {
  override readonly kind = 'source';
  static {
    named(SourceError, 'SourceError');
  }
}

/** The journal or the dead-letter file can't be used. */
export class StorageError extends Graph8Error {
  override readonly kind = 'storage';
  static {
    named(StorageError, 'StorageError');
  }
}

/** Some records of a finished push were not pushed; see {@link PushReport.throwForFailures}. */
export class NotAllPushedError extends Graph8Error {
  override readonly kind = 'not_all_pushed';
  /** What became of each record. */
  declare readonly report: PushReport;
  static {
    named(NotAllPushedError, 'NotAllPushedError');
  }
}

/** A fault of this package: please report it. What the call did is not known, if it has no report. */
export class InternalError extends Graph8Error {
  override readonly kind = 'internal';
  static {
    named(InternalError, 'InternalError');
  }
}

/** The errors of this package; their `kind` tells them apart. */
export type AnyGraph8Error =
  | ConfigError
  | AuthenticationError
  | PaymentRequiredError
  | PermissionDeniedError
  | NotConnectedError
  | InvalidRequestError
  | RateLimitedError
  | UpstreamCrmError
  | ServerError
  | ConnectionFailedError
  | RequestTimeoutError
  | InvalidAnswerError
  | AbortedError
  | PushStoppedError
  | SourceError
  | StorageError
  | NotAllPushedError
  | InternalError;

const CLASSES: Partial<Record<string, typeof Graph8Error>> = {
  config: ConfigError,
  authentication: AuthenticationError,
  payment_required: PaymentRequiredError,
  permission: PermissionDeniedError,
  not_connected: NotConnectedError,
  invalid_request: InvalidRequestError,
  rate_limited: RateLimitedError,
  upstream_crm: UpstreamCrmError,
  server: ServerError,
  connection: ConnectionFailedError,
  timeout: RequestTimeoutError,
  invalid_answer: InvalidAnswerError,
  cancelled: AbortedError,
  stopped: PushStoppedError,
  source: SourceError,
  storage: StorageError,
  not_all_pushed: NotAllPushedError,
  internal: InternalError,
};

/** An error as the addon tells it. */
export interface WireError {
  kind: string;
  message: string;
  status: number | null;
  code: string | null;
  detail: unknown;
  request_id: string | null;
  retryable: boolean;
  retry_after_seconds: number | null;
  host: string | null;
  last_failure: string | null;
  causes: string[];
}

/** The class for an error's kind, with its fields. */
export function errorFromWire(
  wire: WireError,
  more: { report?: PushReport | null; cause?: unknown } = {},
): Graph8Error {
  const ErrorClass = CLASSES[wire.kind] ?? Graph8Error;
  const message = wire.kind === 'config' ? inJavaScript(wire.message) : wire.message;
  return new ErrorClass(message, {
    status: wire.status,
    code: wire.code,
    detail: wire.detail,
    requestId: wire.request_id,
    retryable: wire.retryable,
    retryAfter: wire.retry_after_seconds,
    host: wire.host,
    lastFailure: wire.last_failure,
    ...causeOf(wire),
    ...more,
  });
}

/** The chain of causes below an error, the innermost with the code; nothing where none is known. */
function causeOf({ causes, code }: WireError): { cause?: Error } {
  let cause: Error | undefined;
  for (const text of [...(causes ?? [])].reverse()) {
    const below: Error = cause
      ? new Error(text, { cause })
      : Object.assign(new Error(text), { code });
    cause = below;
  }
  return cause ? { cause } : {};
}

/** An error about an argument. */
export function configError(message: string): ConfigError {
  return new ConfigError(message);
}

/**
 * The report that an error from a push carries: an error of this package, or what the source of
 * the records threw itself.
 *
 * @param error - What was caught.
 * @returns The report so far; undefined when the error carries none.
 */
export function reportOf(error: unknown): PushReport | undefined {
  const isObject = typeof error === 'object' && error !== null;
  return isObject && 'report' in error
    ? ((error.report as PushReport | null) ?? undefined)
    : undefined;
}
