// What a user's type checker sees; checked by tsc, never run.
import { type Table, tableToIPC } from 'apache-arrow';
import {
  AbortedError,
  Client,
  type ConnectionStatus,
  type CrmSync,
  type Fields,
  Graph8Error,
  type Graph8Field,
  graph8Fields,
  type HubspotContact,
  type ListChange,
  type Outcome,
  type Problem,
  type PushReport,
  type reportOf,
  type SalesforceContact,
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
  await client.pushCompanies('salesforce', stream, { providerFields: { a: 'b' } });
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
  await client.pushCompanies('zoho', people, { unique: 'error' });
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

export async function typedRecords(): Promise<void> {
  const contact: HubspotContact = { email: 'a@b.de', hs_lead_status: null, my_own_field: [1] };
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
