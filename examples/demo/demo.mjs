// The whole job from Node, against the sandbox. First a list of graph8's own contacts: check, push, mend
// what failed, a clean report; and the same list day after day. Then five CRMs, checked against what they
// hold; the data is what demo.py wrote.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from 'graph8-crm';

const DATA = new URL('../../.setup/demo/', import.meta.url);
const HEADINGS = ['CRM', 'kind', 'handed in', 'pushed', 'failed', 'unknown', 'not sent', 'held'];

async function load(url) {
  try {
    return JSON.parse(await readFile(url, 'utf8'));
  } catch (error) {
    console.error(`can't read ${url.pathname} (${error.code}): run make demo, or demo.py first`);
    process.exit(1);
  }
}

/** graph8's list 42 into Salesforce, until its report is clean. */
async function fromGraph8() {
  const sandbox = await startSandbox({ seed: 8 });
  const client = sandbox.client();
  const contacts = () => client.graph8Contacts({ listId: 42 });
  const found = await client.checkContacts('salesforce', contacts(), { form: 'graph8' });
  console.log("Node: graph8's list 42, checked before anything is sent");
  for (const { count: times, message } of found.errors)
    console.log(`  ${String(times).padStart(4)} x ${message}`);
  const form = { form: 'graph8', check: true };
  let report = await client.pushContacts('salesforce', contacts(), form);
  console.log(`  pushed:   ${report.pushed} of ${report.records}, ${report.failed} failed`);
  const rows = report.recordsOf('failed').map(mended);
  const retry = await client.pushContacts('salesforce', rows, { check: true });
  report = report.merge(retry, { of: 'failed' });
  report.throwForFailures();
  console.log(`  repaired: ${report.pushed} of ${report.records}, ${report.failed} failed`);
  const held = await sandbox.records('salesforce', 'contacts');
  if (held.length !== report.pushed) {
    console.error('Salesforce does not hold what the report says');
    process.exit(1);
  }
  await dayAfterDay(sandbox, client);
  await sandbox.stop();
}

/** The same list into Pipedrive, today and tomorrow: it creates duplicates if it is let. */
async function dayAfterDay(sandbox, client) {
  const folder = await mkdtemp(join(tmpdir(), 'graph8-demo-'));
  const options = { form: 'graph8', journal: join(folder, 'list-42.journal'), primaryKey: 'id' };
  for (const day of ['today', 'tomorrow']) {
    const contacts = client.graph8Contacts({ listId: 42 });
    const { pushed, pushedBefore } = await client.pushContacts('pipedrive', contacts, options);
    const created = pushed - pushedBefore;
    console.log(`  ${`${day}:`.padEnd(9)} ${created} created, ${pushedBefore} pushed before`);
    const held = await sandbox.records('pipedrive', 'contacts');
    if (held.length !== pushed) {
      console.error('Pipedrive does not hold each contact once');
      process.exit(1);
    }
  }
  await rm(folder, { recursive: true });
}

/** With a last name from the address, and without an address that is none. */
function mended({ Email: email = '', ...record }) {
  const [name, domain] = email.split('@');
  const fromAddress = name.slice(name.lastIndexOf('.') + 1);
  const lastName = record.LastName || (domain && fromAddress) || record.FirstName;
  return { ...record, ...(domain && { Email: email }), LastName: lastName };
}

const mapped = (rows, names) =>
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).flatMap(([key, value]) => (names[key] ? [[names[key], value]] : [])),
    ),
  );

const count = (values) => {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
};

/** Those of `a` that are not in `b`, each as often as it is there. */
const without = (a, b) => {
  const left = new Map([...a].map(([name, times]) => [name, times - (b.get(name) ?? 0)]));
  return new Map([...left].filter(([, times]) => times > 0));
};

// Sugar cuts long names without a word.
const nameOf = (record, slug) => String(record[slug] ?? '').slice(0, 200);

/** How a report differs from what the CRM holds, in numbers and, by `slug`, record by record. */
function differences(report, records, held, slug) {
  const found = [];
  const total = report.pushed + report.skipped + report.failed + report.unknown + report.notSent;
  if (total !== records.length || report.outcomes.length !== records.length)
    found.push(`${total} outcomes of ${records.length} records`);
  if (held.length < report.pushed || held.length > report.pushed + report.unknown)
    found.push(`${held.length} held, ${report.pushed} pushed and ${report.unknown} unknown`);
  const present = count(held.map(({ fields }) => nameOf(fields, slug)));
  const those = (outcome) =>
    count(records.filter((_, i) => report.outcome(i) === outcome).map((it) => nameOf(it, slug)));
  const pushed = those('pushed');
  const missing = [...without(pushed, present).keys()];
  if (missing.length > 0) found.push(`pushed but not held: ${missing.slice(0, 5)}`);
  const unexplained = [...without(without(present, pushed), those('unknown')).keys()];
  if (unexplained.length > 0)
    found.push(`held but neither pushed nor unknown: ${unexplained.slice(0, 5)}`);
  return found;
}

/** The commonest messages of failed records. */
function reasons(reports) {
  const counts = new Map();
  for (const { message, count } of reports.flatMap((report) => report.failuresByMessage())) {
    const shown = message.slice(0, 90);
    counts.set(shown, (counts.get(shown) ?? 0) + count);
  }
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, 3);
}

async function pushLists(sandbox, client, provider) {
  const ids = (await sandbox.records(provider, 'contacts')).map(({ id }) => id);
  const [first, second] = (await sandbox.lists(provider)).map(({ id }) => id);
  const changes = [
    { listId: first, add: ids.slice(0, 50) },
    { listId: second, add: ids.slice(50, 60) },
    { listId: first, remove: ids.slice(0, 5) },
    { listId: '999999', add: ids.slice(0, 1) },
  ];
  const report = await client.pushLists(provider, changes, { batchSize: 1 });
  const lists = await sandbox.lists(provider);
  const members = (id) =>
    lists
      .find((list) => list.id === id)
      .members.toSorted()
      .join();
  const found = [];
  if (
    members(first) !== ids.slice(5, 50).toSorted().join() ||
    members(second) !== ids.slice(50, 60).toSorted().join()
  )
    found.push("the lists' members are not the requested ones");
  const outcomes = changes.map((_, index) => report.outcome(index)).join();
  if (outcomes !== 'pushed,pushed,pushed,failed')
    found.push(`unexpected outcomes of list changes: ${outcomes}`);
  return [report, found, lists.reduce((sum, list) => sum + list.members.length, 0)];
}

const rowOf = (report, held) =>
  [
    report.provider,
    report.kind,
    report.records,
    report.pushed,
    report.failed,
    report.unknown,
    report.notSent,
    held,
  ].map(String);

await fromGraph8();
const mapping = await load(new URL('mapping.json', import.meta.url));
const rows = {
  contacts: await load(new URL('contacts.json', DATA)),
  companies: await load(new URL('companies.json', DATA)),
};
const lines = [HEADINGS];
const notes = [];
const wrong = [];
const sandbox = await startSandbox({ seed: 8 });
const client = sandbox.client();
for (const { provider } of await client.listSyncs()) {
  const status = await client.status(provider);
  const fields = await client.fields(provider);
  const state = status.connected ? 'connected' : `broken: ${status.message}`;
  notes.push(`${provider}: ${state}, ${fields.length} contact fields`);
  const reports = [];
  for (const kind of ['contacts', 'companies']) {
    const names = mapping[provider][kind];
    const records = mapped(rows[kind], names);
    const report =
      kind === 'contacts'
        ? await client.pushContacts(provider, records, { fix: true })
        : await client.pushCompanies(provider, records, { fix: true });
    const held = await sandbox.records(provider, kind);
    const slug = names[kind === 'contacts' ? 'phone' : 'name'];
    for (const words of differences(report, records, held, slug))
      wrong.push(`${provider} ${kind}: ${words}`);
    lines.push(rowOf(report, held.length));
    reports.push(report);
  }
  const [report, found, held] = await pushLists(sandbox, client, provider);
  for (const words of found) wrong.push(`${provider} lists: ${words}`);
  lines.push(rowOf(report, held));
  for (const [words, times] of reasons([...reports, report]))
    notes.push(`  ${String(times).padStart(4)} x ${words}`);
}
await sandbox.stop();

console.log("Node: what became of each record, and what each CRM's sandbox holds");
const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
for (const line of lines)
  console.log(
    line
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
console.log(notes.join('\n'));
if (wrong.length > 0) {
  console.error(`The numbers differ:\n${wrong.join('\n')}`);
  process.exit(1);
}
console.log('Every number agrees with what the CRMs hold.');
