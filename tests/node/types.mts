// What a user's type checker sees; checked by tsc, never run.
import { type Table, tableToIPC } from 'apache-arrow';
import {
  AbortedError,
  type AnyGraph8Error,
  Client,
  type ConnectionStatus,
  type ContactRecord,
  CrmSync,
  ENTITY_TYPES,
  type EntityType,
  type Fields,
  Graph8Error,
  type Graph8Field,
  graph8Fields,
  type HubspotContact,
  isProvider,
  type ListChange,
  type Outcome,
  PROVIDERS,
  type Problem,
  type Provider,
  PushReport,
  type RateLimitedError,
  readDeadLetter,
  type reportOf,
  type SalesforceContact,
  Sandbox,
  type Skip,
  startSandbox,
} from 'graph8-crm';

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(..._proof: Same<A, B> extends true ? [] : [never]): void {}

interface Person {
  email: string;
  age?: number;
}
declare const people: Person[];
declare const table: Table;
declare const stream: NodeJS.ReadableStream & AsyncIterable<Person>;
declare function generate(): Generator<Person>;

const client = new Client({ apiKey: 'k', timeoutMs: 1_000, caFile: ['a.pem'], baseUrl: undefined });
// @ts-expect-error there is no such option
new Client({ apikey: 'k' });
// @ts-expect-error milliseconds are a number
new Client({ timeoutMs: '1s' });
// @ts-expect-error results do not change
client.baseUrl = 'x';

export async function reads(signal: AbortSignal): Promise<void> {
  same<Awaited<ReturnType<typeof client.listSyncs>>, CrmSync[]>();
  same<Awaited<ReturnType<typeof client.fields>>, Fields>();
  same<Awaited<ReturnType<typeof client.status>>, ConnectionStatus>();
  await client.fields('zoho', 'deals', { signal });
  // @ts-expect-error not a CRM that graph8 knows
  await client.status('hubspott');
  // @ts-expect-error not an entity
  await client.fields('zoho', 'people');
  const [sync] = await client.listSyncs({ signal });
  same<typeof sync, CrmSync | undefined>();
  // @ts-expect-error results are read only
  if (sync) sync.status = 'x';
}

export async function pushes(signal: AbortSignal): Promise<void> {
  const report = await client.pushContacts('hubspot', people, { signal, onUnknown: 'retry' });
  same<typeof report, PushReport>();
  await client.pushContacts('hubspot', generate());
  await client.pushContacts('hubspot', stream, { providerFields: { a: 'b' } });
  // @ts-expect-error one record is not many
  await client.pushContacts('hubspot', { email: 'a@b.de' });
  // @ts-expect-error a text is no source
  await client.pushContacts('hubspot', 'a@b.de');
  // @ts-expect-error there are two ways
  await client.pushContacts('hubspot', people, { onUnknown: 'guess' });
  const changes: ListChange[] = [
    { listId: 7, add: ['1', 2, 3n] },
    { listName: 'VIP', addEmails: ['ada@x.test'], removeEmails: [] },
    // @ts-expect-error: by its id or by its name
    { listId: 7, listName: 'VIP', add: ['1'] },
    // @ts-expect-error: one of them is needed
    { addEmails: ['ada@x.test'] },
  ];
  await client.pushLists('hubspot', changes, { batchSize: 10 });
  // @ts-expect-error list changes are idempotent: always repeated
  await client.pushLists('hubspot', changes, { onUnknown: 'retry' });
  // @ts-expect-error the list is missing
  await client.pushLists('hubspot', [{ add: ['1'] }]);
  same<ReturnType<typeof report.outcome>, Outcome | undefined>();
  same<typeof report.problems, readonly Problem[]>();
  same<typeof report.skips, readonly Skip[]>();
  await client.pushContacts('hubspot', people, { unique: 'error' });
  // @ts-expect-error the last is no choice
  await client.pushContacts('hubspot', people, { unique: 'last' });
  // @ts-expect-error changes of lists are not unique
  await client.pushLists('hubspot', changes, { unique: 'first' });
  same<ReturnType<typeof report.merge>, PushReport>();
  report.merge(report, { of: 'not_sent' }).merge(report, { of: new Set([1]) });
  // @ts-expect-error no such outcome
  report.merge(report, { of: 'lost' });
  const plain = report.toJSON();
  same<typeof plain.notSent, number>();
  same<(typeof plain.problems)[number]['message'], string>();
}

export function errors(error: unknown): void {
  same<ReturnType<typeof reportOf>, PushReport | undefined>();
  if (error instanceof AbortedError) same<typeof error.kind, 'cancelled'>();
  if (error instanceof Graph8Error) {
    same<typeof error.status, number | null>();
    same<typeof error.report, PushReport | null>();
  }
}

export async function graph8Rows(): Promise<void> {
  const rows = client.graph8Contacts({ listId: 42, includeCustomFields: true });
  for await (const row of rows) same<typeof row, Record<string, unknown>>();
  same<typeof rows.total, number | null>();
  same<typeof rows.warning, string | null>();
  await client.pushContacts('zoho', rows, { form: 'graph8' });
  await client.checkCompanies('zoho', client.graph8Companies({ domain: 'a.example' }), {
    form: 'graph8',
  });
  // @ts-expect-error contacts have no domain
  client.graph8Contacts({ domain: 'a.example' });
  // @ts-expect-error no rows of lists
  graph8Fields('zoho', 'lists');
  const [place] = graph8Fields('zoho');
  same<typeof place, Graph8Field | undefined>();
}

export async function sandboxes(): Promise<void> {
  await using sandbox = await startSandbox({ rateLimit: { perSecond: 1, perMinute: 2 } });
  using ofSandbox = sandbox.client({ timeoutMs: 5 });
  await sandbox.failNext('close_after_write');
  await sandbox.failNext('status', { status: 503, operation: 'push_contacts', count: 2 });
  // @ts-expect-error a delay has a length
  await sandbox.failNext('delay');
  // @ts-expect-error no such fault
  await sandbox.failNext('explode');
  same<typeof ofSandbox, Client>();
}

declare const salesforceContacts: SalesforceContact[];
declare const provider: Provider;
declare const rows: Record<string, unknown>[];
// biome-ignore lint/suspicious/noExplicitAny: what libraries without types give
declare const anything: any[];
declare const webStream: ReadableStream<Person>;
declare const bytes: ReadableStream<Uint8Array>;

export async function looseRecords(): Promise<void> {
  await client.pushContacts('hubspot', rows);
  await client.pushContacts('hubspot', anything);
  await client.pushContacts('hubspot', rows.values(), { dropNulls: true });
  await client.checkCompanies(provider, rows);
  await client.pushContacts('salesforce', [{ Name: 'Ada' }], { rename: { Name: 'LastName' } });
  await client.pushContacts('zoho', [{ work_email: 'a@b.de' }], { form: 'graph8' });
  await client.pushContacts('hubspot', webStream);
  await client.pushContacts('hubspot', bytes);
  const { body } = await fetch('http://127.0.0.1/people.ndjson');
  if (body) await client.pushContacts('hubspot', body);
}

export async function again(report: PushReport): Promise<void> {
  await client.pushContacts('hubspot', report.recordsOf('failed'));
  await client.pushCompanies('zoho', await readDeadLetter('failed.ndjson'));
  await client.pushLists('hubspot', report.recordsOf('not_sent'));
  for (const name of PROVIDERS) same<typeof name, Provider>();
  for (const name of ENTITY_TYPES) same<typeof name, EntityType>();
  const named: string = report.provider;
  if (isProvider(named)) await client.status(named);
  // @ts-expect-error a push makes reports
  new PushReport();
  // @ts-expect-error the service's answers have them
  new CrmSync();
  // @ts-expect-error startSandbox() starts one
  new Sandbox();
}

export function kinds(error: unknown): string | undefined {
  // @ts-expect-error its kind is not known
  same<(typeof error)['kind'], 'config'>();
  if (AbortedError.is(error)) same<typeof error, AbortedError>();
  if (!Graph8Error.is(error)) return undefined;
  same<typeof error, AnyGraph8Error>();
  switch (error.kind) {
    case 'stopped':
    case 'not_all_pushed':
      same<typeof error.report, PushReport>();
      return error.report.summary;
    case 'rate_limited':
      same<typeof error, RateLimitedError>();
      return String(error.retryAfter);
    default:
      same<typeof error.report, PushReport | null>();
      return undefined;
  }
}

export async function typedRecords(): Promise<void> {
  const contact: HubspotContact = { email: 'a@b.de', hs_lead_status: null };
  const own: ContactRecord<'hubspot', 'my_own_field'> = { email: 'a@b.de', my_own_field: [1] };
  // @ts-expect-error the field is not named
  const unnamed: ContactRecord<'hubspot', 'another'> = { my_own_field: [1] };
  await client.pushContacts<'hubspot', 'my_own_field'>('hubspot', [own, { my_own_field: 2 }]);
  await client.pushContacts<'hubspot', 'another'>('hubspot', [unnamed]);
  // @ts-expect-error the field is not named
  await client.pushContacts('hubspot', [{ email: 'a@b.de', my_own_field: 1 }]);
  // @ts-expect-error it is email
  await client.pushContacts('hubspot', [{ emial: 'a@b.de' }]);
  // @ts-expect-error a record of Salesforce
  await client.pushContacts('hubspot', salesforceContacts);
  // @ts-expect-error these are contacts
  await client.pushCompanies('salesforce', people);
  // @ts-expect-error it is email
  await client.checkContacts('hubspot', [{ emial: 'a@b.de' }]);
  await client.pushContacts('salesforce', salesforceContacts);
  await client.pushContacts(provider, [{ email: 'a@b.de' }]);
  // @ts-expect-error an e-mail is text
  const wrong: HubspotContact = { email: 5 };
  const custom: SalesforceContact = { LastName: 'Ada', Score__c: 7, Birthdate: new Date() };
  // @ts-expect-error no such field, and custom ones end in __c
  const typo: SalesforceContact = { LastNmae: 'Ada' };
  await client.pushContacts('hubspot', [contact, wrong]);
  await client.pushContacts('salesforce', [custom, typo], {
    columns: ['LastName'],
    rename: { a: 'b' },
    dropNulls: true,
  });
  await client.pushContacts('hubspot', new URL('file:///people.ndjson'));
  await client.pushContacts('hubspot', 'people.ndjson.gz');
  await client.pushContacts('hubspot', 'people.csv', { delimiter: ';', encoding: 'windows-1252' });
  await client.checkContacts('hubspot', 'people.tsv.gz', { delimiter: '|' });
  await client.pushContacts('hubspot', Buffer.from('{}'));
  await client.pushContacts('hubspot', table);
  await client.pushContacts('hubspot', [table, ...table.batches]);
  await client.pushContacts('hubspot', tableToIPC(table, 'stream'));
  // @ts-expect-error await it
  await client.pushContacts('hubspot', Promise.resolve(people));
  const fields = await client.fields('hubspot');
  same<ReturnType<typeof fields.toSchema>, Record<string, unknown>>();
}
