// graph8's own rows: iterated, pushed and checked.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  AbortedError,
  AuthenticationError,
  ConfigError,
  Graph8Rows,
  graph8Fields,
  PermissionDeniedError,
  RequestTimeoutError,
} from 'graph8-crm';
import { rejection, sandboxOfFile, until } from './support.mjs';

const sandbox = await sandboxOfFile();
const client = sandbox.client();

/** A list of the sandbox's, with 250 contacts: two pages. */
const listId = 42;

function failNext(fault, skip = 0) {
  return sandbox.command({ do: 'fail_next', operation: 'graph8_contacts', fault, skip });
}

async function reads() {
  const requests = await sandbox.requests();
  return requests.filter(({ path }) => path.endsWith('contacts'));
}

async function read(rows) {
  const read = [];
  for await (const row of rows) read.push(row);
  return read;
}

test('rows are objects, read page by page as they are asked for', async () => {
  const rows = client.graph8Contacts();
  assert.deepEqual([rows.total, rows.rows, rows.repeated, rows.warning], [null, 0, 0, null]);
  assert.deepEqual(await sandbox.requests(), []);
  for await (const row of rows) {
    assert.ok('work_email' in row);
    break;
  }
  assert.deepEqual([(await reads()).length, rows.total, rows.rows], [1, 1000, 200]);
  assert.equal((await read(rows)).length, 1000);
  assert.deepEqual([(await reads()).length, rows.rows, rows.warning], [6, 1000, null]);
});

test('filters travel, and a second reading begins anew', async () => {
  const query = {
    listId: 42n,
    email: 'a@b.test',
    name: 'x',
    jobTitle: 'y',
    companyId: '7',
    country: undefined,
    includeCustomFields: true,
    pageSize: 3,
  };
  assert.deepEqual(await read(client.graph8Contacts(query)), []);
  const [request] = await reads();
  assert.deepEqual(request.query, {
    page: '1',
    limit: '3',
    list_id: '42',
    email: 'a%40b.test',
    name: 'x',
    job_title: 'y',
    company_id: '7',
    include_custom_fields: 'true',
  });
  const companies = client.graph8Companies({ industry: 'Computer Software' });
  const found = await read(companies);
  assert.ok(found.length > 1);
  assert.deepEqual(await read(companies), found);
});

test('wrong queries are refused at once', () => {
  for (const [query, message] of [
    [{ listId: '' }, /listId is empty/],
    [{ pageSize: 201 }, /pageSize is 201: use 1 to 200/],
    [{ listId: true }, /listId is not a string or a whole number/],
    [{ domain: 'x' }, /there is no option 'domain'/],
  ]) {
    assert.throws(
      () => client.graph8Contacts(query),
      (error) => error instanceof ConfigError && message.test(error.message),
    );
  }
});

test('repeated rows come once, and a wrong total is told', async () => {
  await sandbox.command({ do: 'set_graph8_paging', repeat: 10, total: 300 });
  const rows = client.graph8Contacts({ listId, pageSize: 100 });
  const ids = new Set((await read(rows)).map(({ id }) => id));
  assert.equal(ids.size, 250);
  assert.deepEqual([rows.rows, rows.repeated, rows.total], [250, 20, 300]);
  assert.match(rows.warning, /^graph8 told of 300 contacts and 250 came/);
});

for (const provider of ['hubspot', 'salesforce', 'pipedrive', 'zoho', 'sugarcrm']) {
  test(`rows are pushed into ${provider} without JavaScript`, async (context) => {
    const iterate = Graph8Rows.prototype[Symbol.asyncIterator];
    context.after(() => {
      Graph8Rows.prototype[Symbol.asyncIterator] = iterate;
    });
    Graph8Rows.prototype[Symbol.asyncIterator] = () => assert.fail('read in JavaScript');
    const rows = client.graph8Contacts({ listId });
    const report = await client.pushContacts(provider, rows, { form: 'graph8' });
    assert.equal(report.records, 250);
    assert.deepEqual([rows.rows, rows.total, rows.warning], [250, 250, null]);
    const held = (await sandbox.records(provider, 'contacts')).length;
    assert.ok(report.pushed <= held && held <= report.pushed + report.unknown);
    const companies = client.graph8Companies();
    const ofCompanies = await client.pushCompanies(provider, companies, { form: 'graph8' });
    assert.equal(ofCompanies.records, 200);
  });
}

test('rows are checked', async () => {
  const rows = client.graph8Contacts({ listId });
  const report = await client.checkContacts('salesforce', rows, { form: 'graph8' });
  assert.equal(report.records, 250);
  const leftOut = report.findings.filter(({ code }) => code === 'left_out');
  assert.ok(leftOut.some(({ field }) => field === 'linkedin_url'));
});

test('what came before an error is sent, and the report tells', async () => {
  await failNext({ kind: 'status', status: 401 }, 1);
  const rows = client.graph8Contacts({ listId });
  const error = await rejection(client.pushContacts('sugarcrm', rows, { form: 'graph8' }));
  assert.ok(error instanceof AuthenticationError);
  assert.match(error.message, /graph8_contacts page 2/);
  assert.deepEqual([error.report.records, error.report.notSent], [200, 0]);
  assert.ok(error.report.endedEarly);
  const held = await sandbox.records('sugarcrm', 'contacts');
  assert.equal(held.length, error.report.pushed);

  await failNext({ kind: 'status', status: 403 });
  const refused = await rejection(read(client.graph8Contacts()));
  assert.ok(refused instanceof PermissionDeniedError);
  assert.match(refused.message, /contacts:read/);
});

test('rows of another kind are refused', async () => {
  const rows = client.graph8Companies();
  const error = await rejection(client.pushContacts('hubspot', rows, { form: 'graph8' }));
  assert.ok(error instanceof ConfigError);
  assert.match(error.message, /these are graph8's companies/);
  assert.deepEqual(await sandbox.requests(), []);
});

test('a page that never comes ends with the deadline, and with an abort', async () => {
  await failNext({ kind: 'hold' }, 1);
  const rows = client.graph8Contacts({ listId });
  const options = { form: 'graph8', deadlineMs: 1_000 };
  const late = await rejection(client.pushContacts('sugarcrm', rows, options));
  assert.ok(late instanceof RequestTimeoutError);
  assert.ok(late.report.records <= 200);

  await sandbox.reset();
  await failNext({ kind: 'hold' }, 1);
  const controller = new AbortController();
  const { signal } = controller;
  const push = rejection(client.pushContacts('sugarcrm', rows, { form: 'graph8', signal }));
  await until(async () => (await sandbox.held()) === 1);
  controller.abort();
  const aborted = await push;
  assert.ok(aborted instanceof AbortedError);
  assert.equal(aborted.report.records, 200);
});

test('an abort stops a reading', async () => {
  await failNext({ kind: 'hold' }, 1);
  const controller = new AbortController();
  const reading = rejection(read(client.graph8Contacts({ listId, signal: controller.signal })));
  await until(async () => (await sandbox.held()) === 1);
  controller.abort();
  assert.ok((await reading) instanceof AbortedError);
  await until(async () => (await sandbox.held()) === 0);
  const none = await rejection(read(client.graph8Contacts({ signal: controller.signal })));
  assert.ok(none instanceof AbortedError);
});

test('a journal refuses rows in another order and sends nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'graph8-rows-'));
  const journal = join(folder, 'push.journal');
  const push = () => {
    const rows = client.graph8Contacts({ listId });
    return client.pushContacts('sugarcrm', rows, { form: 'graph8', journal });
  };
  await failNext({ kind: 'status', status: 401 }, 1);
  await rejection(push());
  const sent = (await sandbox.records('sugarcrm', 'contacts')).length;
  await sandbox.command({ do: 'set_graph8_paging', order: 'shuffled' });
  const error = await rejection(push());
  assert.ok(error instanceof ConfigError);
  assert.match(error.message, /the source differs from the journal/);
  assert.equal((await sandbox.records('sugarcrm', 'contacts')).length, sent);
  await sandbox.command({ do: 'set_graph8_paging' });
  const report = await push();
  assert.equal(report.records, 250);
  await rm(folder, { recursive: true });
});

test('a closed client reads no rows', async () => {
  const closed = sandbox.client();
  const rows = closed.graph8Contacts();
  closed.close();
  assert.ok((await rejection(read(rows))) instanceof ConfigError);
  assert.throws(() => closed.graph8Companies(), ConfigError);
});

test('graph8Fields shows where each field goes', () => {
  const email = graph8Fields('pipedrive').find(({ name }) => name === 'work_email');
  assert.deepEqual(email, { name: 'work_email', field: 'emails', takes: 'entries', part: 'work' });
  const companies = graph8Fields('sugarcrm', 'companies');
  const employees = companies.find(({ name }) => name === 'employee_count');
  assert.deepEqual([employees.field, employees.takes], ['employees', 'text']);
  assert.throws(() => graph8Fields('nope'), ConfigError);
  assert.throws(() => graph8Fields('zoho', 'lists'), ConfigError);
});
