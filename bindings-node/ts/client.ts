/// <reference lib="esnext.disposable" preserve="true" />

/** The client: the six operations of the service. */

import type { NativeCall, NativeClient } from './binding.js';
import type { CheckReport } from './check.js';
import {
  ConnectionStatus,
  CrmSync,
  type WireConnectionStatus,
  type WireCrmSync,
} from './connections.js';
import { coreOptions, plainChange } from './encode.js';
import { configError } from './errors.js';
import { Telling, topics } from './events.js';
import { type Fields, fieldsOf, type WireFields } from './fields.js';
import { FoundContacts } from './found.js';
import type { EntityType, Provider, PushKind } from './names.js';
import { native } from './native.js';
import {
  type CallOptions,
  type CheckOptions,
  type ClientOptions,
  type CompanyRecord,
  type ContactRecord,
  type Graph8CompaniesQuery,
  type Graph8ContactsQuery,
  given,
  type ListChange,
  type ListPushOptions,
  type PushOptions,
  type RecordSource,
  type Renaming,
  SHAPES,
  type Source,
  type TableOrFile,
  text,
  texts,
  type Untyped,
} from './options.js';
import { endProgress } from './progress.js';
import { type Order, runCheck, runPush } from './push.js';
import { checked, runRead } from './reply.js';
import type { PushReport } from './report.js';
import { Graph8Rows } from './rows.js';
import { openSource, type Reader } from './source.js';
import { type CallSite, callSite, located } from './stack.js';

/** What a call goes through. */
interface ForCall {
  readonly client: NativeClient;
  /** Begins to publish the call's events, if anybody listens; once nothing can throw before it is ended. */
  readonly tell: () => Telling | undefined;
}

/**
 * Talks to graph8. It holds certificates and the rate limit: make one and keep it. An idle client
 * does not keep the process alive.
 *
 * A call that may pass when repeated, and may be repeated without harm, was repeated before it
 * rejects. Every rejection is a {@link Graph8Error}, or what the source of a push threw.
 *
 * @example
 * ```ts
 * const client = new Client(); // the key comes from G8_API_KEY
 * const report = await client.pushContacts('hubspot', [{ email: 'ada@example.com' }]);
 * console.log(report.pushed, report.problems);
 * ```
 */
export class Client {
  #native: NativeClient | undefined;

  /**
   * @param options - Settings; each has a default.
   * @throws ConfigError when a setting is wrong, or there is no key.
   */
  constructor(options?: ClientOptions) {
    const site = callSite(Client);
    try {
      const { caFile, rateLimit, rateLimitStore, ...rest } = given(options, SHAPES.client);
      const caFiles = caFile === undefined ? {} : { caFiles: [caFile].flat() };
      const pacing = rateLimit === undefined ? {} : rateLimit ? { rateLimit } : { isPaced: false };
      const name = rateLimitStore === true ? 'host' : rateLimitStore || 'alone';
      const store = rateLimitStore === undefined ? {} : { rateLimitStore: name };
      const settings = { ...rest, ...caFiles, ...pacing, ...store };
      this.#native = checked(native.NativeClient.build(settings), site);
    } catch (error) {
      throw error instanceof Error ? located(error, site) : error;
    }
  }

  /** The service's address, `/api/v1` included. */
  get baseUrl(): string {
    return this.#open().baseUrl;
  }

  /**
   * The CRMs that the organisation has connected.
   *
   * @throws Graph8Error - its subclass tells why.
   */
  async listSyncs(options?: CallOptions): Promise<CrmSync[]> {
    const site = callSite(this.listSyncs);
    const found = await this.#read(options, site, (client) => client.listSyncs());
    return (found as WireCrmSync[]).map((sync) => CrmSync.of(sync));
  }

  /**
   * The fields of a CRM's entity, custom ones included.
   *
   * @param provider - The CRM.
   * @param entityType - Default: `contacts`.
   * @throws NotConnectedError when the organisation has no active connection to that CRM.
   * @throws UpstreamCrmError when the CRM refused to tell its fields.
   */
  async fields(
    provider: Provider,
    entityType: EntityType = 'contacts',
    options?: CallOptions,
  ): Promise<Fields> {
    const site = callSite(this.fields);
    const found = await this.#read(options, site, (client) =>
      client.fields(text('provider', provider), text('entityType', entityType)),
    );
    return fieldsOf(found as WireFields);
  }

  /**
   * Whether a CRM's connection works; a broken one is a result (`connected: false`), not an error.
   *
   * @param provider - The CRM.
   * @throws NotConnectedError when the organisation has no connection to that CRM.
   */
  async status(provider: Provider, options?: CallOptions): Promise<ConnectionStatus> {
    const site = callSite(this.status);
    const found = await this.#read(options, site, (client) =>
      client.status(text('provider', provider)),
    );
    return ConnectionStatus.of(found as WireConnectionStatus);
  }

  /**
   * The contacts that a CRM has, by their e-mail addresses.
   *
   * Any number of addresses, asked for 100 per request and within the rate limit. Letter case and blanks around
   * an address make no difference; a contact's further addresses count like its first one. This asks an endpoint
   * of graph8 beside CRM Syncs whose answers are not documented: what is not understood is an error, never a yes
   * or a no. Not all CRMs are known to answer (Zoho).
   *
   * @param provider - The CRM.
   * @param emails - The addresses.
   * @throws ConfigError when something of `emails` is no e-mail address by itself.
   * @throws InvalidAnswerError when the answer is not understood.
   * @throws NotConnectedError when the organisation has no active connection to that CRM.
   */
  async findContacts(
    provider: Provider,
    emails: Iterable<string>,
    options?: CallOptions,
  ): Promise<FoundContacts> {
    const site = callSite(this.findContacts);
    const found = await this.#read(options, site, (client) =>
      client.findContacts(text('provider', provider), texts('emails', emails)),
    );
    return new FoundContacts(found as [string, string[]][]);
  }

  /** Takes tables, files and records whose fields are known at run time alone; otherwise as the typed form below. */
  pushContacts<T extends object>(
    provider: Provider,
    records: Source<T & Untyped<T>> | TableOrFile,
    options?: PushOptions,
  ): Promise<PushReport>;
  /** Takes records with other names than the CRM's fields; otherwise as the typed form below. */
  pushContacts(
    provider: Provider,
    records: RecordSource,
    options: PushOptions & Renaming,
  ): Promise<PushReport>;
  /**
   * Creates contacts in a CRM.
   *
   * A bad record fails alone: it is in the report, like all that became of the others. The promise
   * rejects only when the push ended before every record was tried, and the error then carries the
   * report so far as `report`. When the source throws, what it gave before is sent, and what it
   * threw comes out with `report` on it; see {@link reportOf}.
   *
   * @param provider - The CRM.
   * @param records - Objects in the CRM's own field names, NDJSON, or a CSV file; see {@link RecordSource}. Where their
   * type tells their fields, those are the CRM's: others do not compile, unless they are named, as in
   * `pushContacts<'hubspot', 'my_score'>`, or `rename` or `form` is there.
   * @throws ConfigError when an argument is wrong; nothing was sent.
   * @throws AbortedError when `options.signal` stopped it.
   * @throws Graph8Error - another subclass tells why the push ended early.
   */
  pushContacts<P extends Provider, Custom extends string = never>(
    provider: P,
    records: Source<ContactRecord<P, NoInfer<Custom>>>,
    options?: PushOptions,
  ): Promise<PushReport>;
  async pushContacts(
    provider: Provider,
    records: unknown,
    options?: PushOptions,
  ): Promise<PushReport> {
    const site = callSite(this.pushContacts);
    return this.#push('contacts', provider, records, options, site);
  }

  /** Takes tables, files and records whose fields are known at run time alone; otherwise as the typed form below. */
  pushCompanies<T extends object>(
    provider: Provider,
    records: Source<T & Untyped<T>> | TableOrFile,
    options?: PushOptions,
  ): Promise<PushReport>;
  /** Takes records with other names than the CRM's fields; otherwise as the typed form below. */
  pushCompanies(
    provider: Provider,
    records: RecordSource,
    options: PushOptions & Renaming,
  ): Promise<PushReport>;
  /** Creates companies in a CRM; arguments and errors as in {@link Client.pushContacts}. */
  pushCompanies<P extends Provider, Custom extends string = never>(
    provider: P,
    records: Source<CompanyRecord<P, NoInfer<Custom>>>,
    options?: PushOptions,
  ): Promise<PushReport>;
  async pushCompanies(
    provider: Provider,
    records: unknown,
    options?: PushOptions,
  ): Promise<PushReport> {
    const site = callSite(this.pushCompanies);
    return this.#push('companies', provider, records, options, site);
  }

  /** Takes tables, files and records whose fields are known at run time alone; otherwise as the typed form below. */
  checkContacts<T extends object>(
    provider: Provider,
    records: Source<T & Untyped<T>> | TableOrFile,
    options?: CheckOptions,
  ): Promise<CheckReport>;
  /** Takes records with other names than the CRM's fields; otherwise as the typed form below. */
  checkContacts(
    provider: Provider,
    records: RecordSource,
    options: CheckOptions & Renaming,
  ): Promise<CheckReport>;
  /**
   * Says what contacts would meet if they were pushed. Nothing is sent but one request for the CRM's
   * fields, which are then known for five minutes. Each record is compared, as it would travel, with
   * the customer's fields and with what is known of the CRM.
   *
   * @param provider - The CRM.
   * @param records - As for {@link Client.pushContacts}.
   * @throws ConfigError when an argument is wrong.
   * @throws NotConnectedError when the organisation has no active connection to that CRM.
   * @throws UpstreamCrmError when the CRM refused to tell its fields.
   * @throws AbortedError when `options.signal` stopped it.
   */
  checkContacts<P extends Provider, Custom extends string = never>(
    provider: P,
    records: Source<ContactRecord<P, NoInfer<Custom>>>,
    options?: CheckOptions,
  ): Promise<CheckReport>;
  async checkContacts(
    provider: Provider,
    records: unknown,
    options?: CheckOptions,
  ): Promise<CheckReport> {
    const site = callSite(this.checkContacts);
    return this.#check('contacts', provider, records, options, site);
  }

  /** Takes tables, files and records whose fields are known at run time alone; otherwise as the typed form below. */
  checkCompanies<T extends object>(
    provider: Provider,
    records: Source<T & Untyped<T>> | TableOrFile,
    options?: CheckOptions,
  ): Promise<CheckReport>;
  /** Takes records with other names than the CRM's fields; otherwise as the typed form below. */
  checkCompanies(
    provider: Provider,
    records: RecordSource,
    options: CheckOptions & Renaming,
  ): Promise<CheckReport>;
  /** Says what companies would meet if they were pushed; as {@link Client.checkContacts}. */
  checkCompanies<P extends Provider, Custom extends string = never>(
    provider: P,
    records: Source<CompanyRecord<P, NoInfer<Custom>>>,
    options?: CheckOptions,
  ): Promise<CheckReport>;
  async checkCompanies(
    provider: Provider,
    records: unknown,
    options?: CheckOptions,
  ): Promise<CheckReport> {
    const site = callSite(this.checkCompanies);
    return this.#check('companies', provider, records, options, site);
  }

  /** Takes changes whose fields are known at run time alone, such as those of a report; otherwise as the form below. */
  pushLists<T extends object>(
    provider: Provider,
    changes: Source<T & Untyped<T>>,
    options?: ListPushOptions,
  ): Promise<PushReport>;
  /**
   * Adds contacts to lists of a CRM and removes others. List changes are idempotent: one in doubt
   * is sent again. Errors as in {@link Client.pushContacts}.
   *
   * @param provider - The CRM.
   * @param changes - Changes, one list each.
   */
  pushLists(
    provider: Provider,
    changes: Source<ListChange>,
    options?: ListPushOptions,
  ): Promise<PushReport>;
  async pushLists(
    provider: Provider,
    changes: unknown,
    options?: ListPushOptions,
  ): Promise<PushReport> {
    const site = callSite(this.pushLists);
    return this.#push('lists', provider, changes, options, site);
  }

  /**
   * graph8's own contacts, to look at or to push.
   *
   * Nothing is sent before they are read: page by page, by this client and in its rate limit. The key needs
   * the scope `contacts:read`.
   *
   * @example
   * ```ts
   * const contacts = client.graph8Contacts({ listId: 42 });
   * await client.pushContacts('hubspot', contacts, { form: 'graph8' });
   * ```
   * @param query - Which contacts. Default: all.
   * @throws ConfigError when an argument is wrong.
   */
  graph8Contacts(query?: Graph8ContactsQuery): Graph8Rows {
    const site = callSite(this.graph8Contacts);
    return this.#graph8Rows('contacts', query, SHAPES.graph8Contacts, site);
  }

  /**
   * graph8's own companies; otherwise as {@link Client.graph8Contacts}. The scope is `companies:read`.
   *
   * @param query - Which companies. Default: all.
   * @throws ConfigError when an argument is wrong.
   */
  graph8Companies(query?: Graph8CompaniesQuery): Graph8Rows {
    const site = callSite(this.graph8Companies);
    return this.#graph8Rows('companies', query, SHAPES.graph8Companies, site);
  }

  /**
   * Lets go of the connections. Calls under way end as they would; later ones reject with a
   * {@link ConfigError}.
   */
  close(): void {
    this.#native = undefined;
  }

  /** As {@link Client.close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #push(
    kind: PushKind,
    provider: Provider,
    records: unknown,
    options: PushOptions | undefined,
    site: CallSite,
  ): Promise<PushReport> {
    let reader: Reader | undefined;
    let order: Order;
    try {
      // First of all, and before any await: a stream may fail at once, and needs a listener by then.
      reader = openSource(records);
      const shapes = kind === 'lists' ? SHAPES.listPush : SHAPES.push;
      const found = given(options, shapes);
      const { resolveUnknown, headers, ...others } = found;
      const { signal: _abort, stopSignal: _stop, ...told } = others;
      const { onProgress: _listener, progress: _shown, ...rest } = told;
      const { client, tell } = this.#forCall(headers, site);
      // A name is for the core.
      const resolver = typeof resolveUnknown === 'string' ? { resolveUnknown } : {};
      order = {
        push: client.push(),
        provider: text('provider', provider),
        kind,
        reader,
        prepare: kind === 'lists' ? plainChange : undefined,
        settings: coreOptions({ ...rest, ...resolver }),
        options: found,
        telling: tell(),
      };
    } catch (error) {
      reader?.close();
      endProgress(options?.onProgress);
      throw error instanceof Error ? located(error, site) : error;
    }
    return runPush(order, site);
  }

  async #check(
    kind: PushKind,
    provider: Provider,
    records: unknown,
    options: CheckOptions | undefined,
    site: CallSite,
  ): Promise<CheckReport> {
    let reader: Reader | undefined;
    let order: Order;
    try {
      // As in a push.
      reader = openSource(records);
      const found = given(options, SHAPES.check);
      const { signal, headers, ...rest } = found;
      const { client, tell } = this.#forCall(headers, site);
      order = {
        push: client.check(),
        provider: text('provider', provider),
        kind,
        reader,
        prepare: undefined,
        settings: coreOptions(rest),
        options: { ...(signal && { signal }) },
        telling: tell(),
      };
    } catch (error) {
      reader?.close();
      throw error instanceof Error ? located(error, site) : error;
    }
    return runCheck(order, site);
  }

  #graph8Rows<T extends CallOptions>(
    kind: PushKind,
    query: T | undefined,
    shapes: Parameters<typeof given>[1],
    site: CallSite,
  ): Graph8Rows {
    return this.#located(site, () => {
      const { signal, headers, ...rest } = given<CallOptions>(query, shapes);
      const client = this.#withHeaders(this.#open(), 0, headers, site);
      const rows = client.graph8Rows(kind, coreOptions(rest));
      return Graph8Rows.of(checked(rows, site), () => this.#open(), signal, site);
    });
  }

  async #read(
    options: CallOptions | undefined,
    site: CallSite,
    start: (client: NativeClient) => NativeCall,
  ): Promise<unknown> {
    const { call, signal, telling } = this.#located(site, () => {
      this.#open();
      const found = given(options, SHAPES.call);
      const { client, tell } = this.#forCall(found.headers, site);
      return { call: start(client), signal: found.signal, telling: tell() };
    });
    try {
      return await runRead(call, signal, site);
    } finally {
      telling?.end();
    }
  }

  /** The native client as one call uses it, and what publishes the call's events, if anybody listens. */
  #forCall(headers: CallOptions['headers'], site: CallSite): ForCall {
    const heard = topics();
    const client = this.#withHeaders(this.#open(), heard, headers, site);
    return { client, tell: () => (heard === 0 ? undefined : new Telling(client)) };
  }

  #withHeaders(
    client: NativeClient,
    heard: number,
    headers: CallOptions['headers'],
    site: CallSite,
  ): NativeClient {
    if (heard === 0 && headers === undefined) return client;
    return checked(client.forOneCall(heard, { ...headers }), site);
  }

  #located<T>(site: CallSite, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw error instanceof Error ? located(error, site) : error;
    }
  }

  #open(): NativeClient {
    if (!this.#native) throw configError('the client is closed: make a new one');
    return this.#native;
  }
}
