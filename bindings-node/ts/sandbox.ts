/// <reference lib="esnext.disposable" preserve="true" />

/** A local graph8 with five CRMs behind it, for tests and rehearsals. */

import type { NativeSandbox } from './binding.js';
import { Client } from './client.js';
import { snakeName } from './keys.js';
import type { EntityType, Provider } from './names.js';
import { native } from './native.js';
import type { ClientOptions } from './options.js';
import { resultOf } from './reply.js';
import { type CallSite, callSite } from './stack.js';

/** A limit on requests; those beyond it are answered with 429. */
export interface RateLimit {
  /** Whole seconds and minutes, or the last second and minute before each request. Default: `fixed`. */
  readonly window?: 'fixed' | 'sliding';
  /** Requests per second. */
  readonly perSecond: number;
  /** Requests per minute. */
  readonly perMinute: number;
}

/** How a sandbox starts. */
export interface SandboxOptions {
  /** Decides ids and chances; the same seed gives the same run. Default: 0. */
  readonly seed?: number;
  /** Also refuse what the real CRM swallows silently. Default: false. */
  readonly strict?: boolean;
  /** Default: none. */
  readonly rateLimit?: RateLimit | null;
  /** The port to listen on. Default: any free one. */
  readonly port?: number;
}

/** A record as a CRM of the sandbox holds it. */
export interface SandboxRecord {
  readonly id: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A list of a CRM of the sandbox. */
export interface SandboxList {
  readonly id: string;
  readonly name: string;
  /** Ids of contacts. */
  readonly members: readonly string[];
}

/** A request that the sandbox saw. */
export interface SandboxRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case; without the key. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, else text, else null. */
  readonly body: unknown;
  /** Null when no answer was given. */
  readonly status: number | null;
  readonly requestId: string;
  /** Milliseconds since the sandbox's start or reset. */
  readonly arrivedMs: number;
}

/** A field that a CRM of the sandbox knows besides its own. */
export interface CustomField {
  /** The key in records. */
  readonly slug: string;
  /** The CRM's own type name. */
  readonly type: string;
  /** The name that people read. Default: the slug. */
  readonly name?: string;
  /** Whether a create must have it. Default: false. */
  readonly required?: boolean;
  /** Default: false. */
  readonly readOnly?: boolean;
  /** Longest value, in characters. Default: any. */
  readonly maxLength?: number;
  /** Stored values of a picklist. Default: none. */
  readonly options?: readonly string[];
  /** What the interface shows for each of the options. Default: the options. */
  readonly optionLabels?: readonly string[];
  /** Whether it takes several options. Default: false. */
  readonly multi?: boolean;
  /** Whether it takes no other options, at the CRMs that else store any text. Default: false. */
  readonly restricted?: boolean;
  /** Whether no two records may share a value. Default: false. */
  readonly unique?: boolean;
}

/** How look-ups of contacts and lists answer: nothing of that is documented. */
export interface Siblings {
  /**
   * What `data` of an answer is: `{items: […]}`, an object by e-mail address, `{results: […]}`, a bare list, or
   * something that tells nothing. Default: `items`.
   */
  readonly shape?: 'items' | 'by_email' | 'results' | 'bare' | 'unrecognisable';
  /** How long a new contact can't be found yet, in milliseconds. Default: 0. */
  readonly indexLagMs?: number;
  /** Whether the service does not have these endpoints at all: 404. Default: false. */
  readonly absent?: boolean;
}

/** Which requests a fault hits. */
export interface FaultOptions {
  /** Only requests of this operation. Default: all. */
  readonly operation?:
    | 'list_syncs'
    | 'push_contacts'
    | 'push_companies'
    | 'push_lists'
    | 'fields'
    | 'status'
    | 'graph8_contacts'
    | 'graph8_companies'
    | 'find_contacts'
    | 'contacts_by_email'
    | 'find_lists'
    | 'get_or_create_list';
  /** Only requests to this CRM. Default: all. */
  readonly provider?: Provider;
  /** So many requests. Default: 1. */
  readonly count?: number;
  /** After so many others. Default: 0. */
  readonly skip?: number;
  /** Of each request to be hit, from 0 to 1. Default: 1. */
  readonly probability?: number;
}

/** The faults that there are, with what each takes. */
export interface Faults {
  /** The answer comes later. */
  delay: { readonly ms: number };
  /**
   * The request is held until {@link Sandbox.release} or until its client hangs up: before the CRM
   * takes it, or with `afterWrite` after that.
   */
  hold: { readonly afterWrite?: boolean };
  /** Another answer: a string body goes out verbatim, anything else as JSON, null as nothing. */
  status: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    /** Whether the CRM took the request before. Default: false. */
    readonly afterWrite?: boolean;
  };
  /** The connection closes before the request's effect. */
  close_before_read: object;
  /** The connection closes after the request's effect, without an answer. */
  close_after_write: object;
  /** The answer announces its whole length and ends after so many bytes. */
  truncate: { readonly bytes: number };
  /** The answer's counts are replaced, its errors dropped. */
  contradict: {
    readonly pushedCount?: number;
    readonly failedCount?: number;
    readonly dropErrors?: boolean;
  };
  /** The answer comes in small pieces. */
  drip: { readonly bytes: number; readonly intervalMs: number };
  /** The answer has another content type. */
  content_type: { readonly value: string };
  /** The answer is that large, in bytes. */
  oversized: { readonly bytes: number; readonly afterWrite?: boolean };
}

/** Keeps sandboxes from being collected: they run until they are stopped. */
const running = new Set<Sandbox>();

/**
 * Starts a sandbox on this machine. It runs until {@link Sandbox.stop} or the end of the process,
 * which it does not keep alive.
 *
 * @throws ConfigError when an option is wrong or the port is taken.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const site = callSite(startSandbox);
  const server = new native.NativeSandbox();
  const { rateLimit, ...rest } = options;
  const wire = { ...rest, rate_limit: rateLimit ? snakeKeys(rateLimit) : null };
  const place = resultOf(await server.start(JSON.stringify(wire)), site) as Place;
  const sandbox = Sandbox.of(server, place);
  running.add(sandbox);
  return sandbox;
}

interface Place {
  url: string;
  api_key: string;
}

/** A running sandbox; see {@link startSandbox}. */
export class Sandbox {
  /** The address to use as a client's `baseUrl`. */
  readonly url: string;
  /** A key that it takes; it takes any that is not marked bad. */
  readonly apiKey: string;
  readonly #server: NativeSandbox;

  /** @internal */
  static of(server: NativeSandbox, place: Place): Sandbox {
    return new Sandbox(server, place);
  }

  private constructor(server: NativeSandbox, place: Place) {
    this.#server = server;
    this.url = place.url;
    this.apiKey = place.api_key;
  }

  /** A client of this sandbox; it paces alone, unless `rateLimitStore` is given. */
  client(options: ClientOptions = {}): Client {
    const rateLimitStore = options.rateLimitStore ?? false;
    const apiKey = options.apiKey ?? this.apiKey;
    return new Client({ ...options, rateLimitStore, apiKey, baseUrl: this.url });
  }

  /** What a CRM holds now. */
  async records(provider: Provider, entity: EntityType): Promise<SandboxRecord[]> {
    const site = callSite(this.records);
    return (await this.#command(site, 'records', { provider, entity })) as SandboxRecord[];
  }

  /** A CRM's lists. */
  async lists(provider: Provider): Promise<SandboxList[]> {
    const site = callSite(this.lists);
    return (await this.#command(site, 'lists', { provider })) as SandboxList[];
  }

  /** The requests seen since the start or the last reset. */
  async requests(): Promise<SandboxRequest[]> {
    const site = callSite(this.requests);
    const seen = (await this.#command(site, 'requests', {})) as Record<string, unknown>[];
    return seen.map(
      ({ request_id: requestId, arrived_ms: arrivedMs, ...request }) =>
        ({ ...request, requestId, arrivedMs }) as SandboxRequest,
    );
  }

  /**
   * Injects a fault into requests to come.
   *
   * @param kind - What goes wrong.
   * @param options - What the kind takes, and which requests it hits.
   */
  async failNext<K extends keyof Faults>(
    kind: K,
    ...[options]: object extends Faults[K]
      ? [options?: Faults[K] & FaultOptions]
      : [options: Faults[K] & FaultOptions]
  ): Promise<void> {
    const site = callSite(this.failNext);
    const { operation, provider, count, skip, probability, ...fields }: FaultOptions =
      options ?? {};
    const planned = { operation, provider, count, skip, probability };
    await this.#command(site, 'fail_next', { ...planned, fault: { kind, ...snakeKeys(fields) } });
  }

  /** How many requests are held now, by a fault of the kind `hold`. */
  async held(): Promise<number> {
    return (await this.#command(callSite(this.held), 'held', {})) as number;
  }

  /** Lets all requests go that are held. */
  async release(): Promise<void> {
    await this.#command(callSite(this.release), 'release', {});
  }

  /** Adds a field that a CRM's records may have from now on. */
  async addCustomField(provider: Provider, entity: EntityType, field: CustomField): Promise<void> {
    const site = callSite(this.addCustomField);
    await this.#command(site, 'add_custom_field', { provider, entity, field: snakeKeys(field) });
  }

  /**
   * Adds a list.
   *
   * @returns Its id.
   */
  async addList(
    provider: Provider,
    options: { readonly id?: string; readonly name?: string } = {},
  ): Promise<string> {
    const site = callSite(this.addList);
    const added = await this.#command(site, 'add_list', { provider, ...options });
    return (added as { id: string }).id;
  }

  /** Sets whether a CRM is connected, its token has expired, or it was never connected. */
  async setConnection(
    provider: Provider,
    state: 'connected' | 'expired' | 'absent',
  ): Promise<void> {
    const site = callSite(this.setConnection);
    await this.#command(site, 'set_connection', { provider, state });
  }

  /** Sets what a key may do. */
  async setKey(
    key: string,
    state:
      | 'valid'
      | 'bad'
      | 'expired'
      | 'no_organisation'
      | 'missing_scope'
      | 'wrong_organisation'
      | 'no_credits'
      | 'no_lookups',
  ): Promise<void> {
    const site = callSite(this.setKey);
    await this.#command(site, 'set_key', { key, state });
  }

  /**
   * Adds contacts as if somebody else had.
   *
   * @returns Their ids.
   */
  async addContacts(provider: Provider, records: readonly object[]): Promise<string[]> {
    const site = callSite(this.addContacts);
    return (await this.#command(site, 'add_contacts', { provider, records })) as string[];
  }

  /** Sets how look-ups of contacts and lists answer; what is not given is as at the start. */
  async setSiblings(siblings: Siblings = {}): Promise<void> {
    const site = callSite(this.setSiblings);
    await this.#command(site, 'set_siblings', snakeKeys(siblings));
  }

  /** Sets the limit on requests; null for none. */
  async setRateLimit(rateLimit: RateLimit | null): Promise<void> {
    const site = callSite(this.setRateLimit);
    const wire = rateLimit ? snakeKeys(rateLimit) : null;
    await this.#command(site, 'set_rate_limit', { rate_limit: wire });
  }

  /**
   * Carries out a command of the sandbox by its own name, in its own JSON.
   *
   * @throws ConfigError when the sandbox does not know the command or an argument, or has stopped.
   */
  async command(command: {
    readonly do: string;
    readonly [argument: string]: unknown;
  }): Promise<unknown> {
    const { do: name, ...rest } = command;
    return this.#command(callSite(this.command), name, rest);
  }

  /** Sets everything back to how it was at the start, the seed included. */
  async reset(): Promise<void> {
    await this.#command(callSite(this.reset), 'reset', {});
  }

  /** Stops it; a second call does nothing. */
  async stop(): Promise<void> {
    running.delete(this);
    resultOf(await this.#server.stop(), callSite(this.stop));
  }

  /** As {@link Sandbox.stop}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #command(site: CallSite, name: string, rest: object): Promise<unknown> {
    return resultOf(await this.#server.command(JSON.stringify({ do: name, ...rest })), site);
  }
}

/** The sandbox's own spelling of option names. */
function snakeKeys(options: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [snakeName(name), value]),
  );
}
