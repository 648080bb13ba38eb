/**
 * What happens on the way, on channels of `node:diagnostics_channel`.
 *
 * The core keeps events while a call runs, and they are published on the event loop. Without subscribers nothing
 * is kept.
 */

import { type Channel, channel } from 'node:diagnostics_channel';

import type { ErrorKind } from './errors.js';
import { camelKeys } from './keys.js';
import type { PushKind } from './names.js';

/** On `graph8-crm:request`: a request is over, with or without an answer. */
export interface RequestEvent {
  readonly event: 'request';
  /** For example `push_contacts`. */
  readonly operation: string;
  /** The CRM; null where the address does not tell it. */
  readonly provider: string | null;
  /** The HTTP method. */
  readonly method: 'GET' | 'POST';
  /** The address, without its query. */
  readonly url: string;
  /** How often the call has been tried, from 1. */
  readonly attempt: number;
  /** The HTTP status; null where no answer came. */
  readonly status: number | null;
  /** What kind of thing went wrong, where no trustworthy answer came; else null. */
  readonly error: ErrorKind | null;
  /** The code of its cause, for example `ECONNREFUSED`; else null. */
  readonly code: string | null;
  /** How long it took. */
  readonly milliseconds: number;
  /** Bytes of its body. */
  readonly bytesSent: number;
  /** Bytes of the answer's body, after decompression. */
  readonly bytesReceived: number;
  /** The service's id of the request. */
  readonly requestId: string | null;
  /** Its end, in seconds since 1970. */
  readonly endedAt: number;
}

/** On `graph8-crm:wait`: a call waits. */
export interface WaitEvent {
  readonly event: 'wait';
  /** For example `push_contacts`. */
  readonly operation: string;
  /** The CRM; null where the address does not tell it. */
  readonly provider: string | null;
  /** Why: the rate limit as it is known, a 429, another try, or the CRM's own rate limit. */
  readonly reason: 'rate_limit' | 'too_many_requests' | 'retry' | 'crm_rate_limit';
  /** The status of the answer that made it wait; else null. */
  readonly status: number | null;
  /** The service's id of that request; else null. */
  readonly requestId: string | null;
  /** How long. */
  readonly seconds: number;
  /** Until when, in seconds since 1970. */
  readonly until: number;
}

/** On `graph8-crm:wait`: nobody shares the rate limit with the client any more, or others do again. */
export interface PacingEvent {
  readonly event: 'pacing';
  /** Who shares it now; `alone`: the client keeps to its part of it, and asks again every 5 s. */
  readonly pacing: 'host' | 'shared' | 'alone';
  /** Where it is shared, without user name and password. */
  readonly store: string;
  /** Why it is not, as the end of a sentence that begins with the store; null when it is shared again. */
  readonly reason: string | null;
  /** Of how many clients this one has its part of the limit; null when it is shared again. */
  readonly clients: number | null;
}

interface OfPush {
  /** The CRM. */
  readonly provider: string;
  /** What is pushed. */
  readonly kind: PushKind;
}

/** A push begins. */
export interface PushStartedEvent extends OfPush {
  readonly event: 'push_started';
  /** Records that earlier runs of its journal had settled; else null. */
  readonly resumed: number | null;
  /** In seconds since 1970. */
  readonly startedAt: number;
}

/** A batch is over; what is in none of the counts was not taken, and may travel again. */
export interface BatchEvent extends OfPush {
  readonly event: 'batch';
  /** The index of its first record. */
  readonly firstIndex: number;
  readonly records: number;
  readonly pushed: number;
  readonly failed: number;
  readonly unknown: number;
  readonly requestId: string | null;
}

/** A push takes in no more, though records are left. */
export interface StopEvent extends OfPush {
  readonly event: 'stop';
  /** What kind of thing ended it. */
  readonly reason: ErrorKind;
  readonly status: number | null;
  readonly requestId: string | null;
}

/** A push is over: the counts of its report. */
export interface PushEndedEvent extends OfPush {
  readonly event: 'push_ended';
  readonly records: number;
  readonly pushed: number;
  readonly skipped: number;
  readonly failed: number;
  readonly unknown: number;
  readonly notSent: number;
  /** Of those pushed and skipped, the ones that are in the list now; null without `addToList`. */
  readonly addedToList: number | null;
  readonly requests: number;
  readonly seconds: number;
  /** What kind of thing ended it early; else null. */
  readonly error: ErrorKind | null;
  /** In seconds since 1970. */
  readonly endedAt: number;
}

/** Events were dropped: they came faster than the event loop took them. */
export interface LostEvent {
  readonly event: 'lost';
  readonly events: number;
}

/** On `graph8-crm:push`. */
export type PushEvent = PushStartedEvent | BatchEvent | StopEvent | PushEndedEvent | LostEvent;

const REQUESTS: Channel = channel('graph8-crm:request');
const WAITS: Channel = channel('graph8-crm:wait');
const PUSHES: Channel = channel('graph8-crm:push');

const CHANNELS: Record<string, Channel> = { request: REQUESTS, wait: WAITS, pacing: WAITS };

const INTERVAL_MS = 100;

/** The core's topics of what somebody listens to now; 0 where nobody does. */
export function topics(): number {
  return (
    (REQUESTS.hasSubscribers ? 1 : 0) +
    (WAITS.hasSubscribers ? 2 : 0) +
    (PUSHES.hasSubscribers ? 4 + 8 + 16 : 0)
  );
}

/** Publishes the events of one call until it is ended, in the caller's async context. */
export class Telling {
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly client: { events(): string | null | undefined }) {
    this.#timer = setInterval(() => this.#tell(), INTERVAL_MS);
    this.#timer.unref();
  }

  /** Publishes the last events. */
  end(): void {
    clearInterval(this.#timer);
    this.#tell();
  }

  #tell(): void {
    const events = this.client.events();
    if (events === null || events === undefined) return;
    for (const wire of JSON.parse(events) as Record<string, unknown>[]) {
      const event = Object.freeze(camelKeys(wire));
      const { event: name } = wire as { event: string };
      (CHANNELS[name] ?? PUSHES).publish(event);
    }
  }
}
