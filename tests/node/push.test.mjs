// Pushes: sources, the writing of records, reports.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { inspect } from 'node:util';
import * as graph8 from 'graph8-crm';
import { contacts, rejection, sandboxOfFile, until } from './support.mjs';

const { PushReport, reportOf } = graph8;
const sandbox = await sandboxOfFile();
const client = sandbox.client();

async function held(provider = 'hubspot', entity = 'contacts') {
  return (await sandbox.records(provider, entity)).length;
}

async function* later(records) {
  for (const record of records) {
    await null;
    yield record;
  }
}

test('an array is pushed in batches and every record accounted for', async () => {
  const records = contacts(250);
  records[120] = { email: 'no address' };
  const report = await client.pushContacts('hubspot', records);
  assert.ok(report instanceof PushReport);
  assert.equal(report.records, 250);
  assert.equal(report.pushed, 249);
  assert.equal(report.failed, 1);
  assert.equal(report.requests, 3);
  assert.equal(report.outcome(120), 'failed');
  assert.equal(report.outcome(249), 'pushed');
  assert.equal(report.outcome(250), undefined);
  assert.equal(report.outcomes.length, 250);
  assert.deepEqual(report.problems[0].record, { email: 'no address' });
  assert.equal(report.problems[0].index, 120);
  assert.equal(report.failures.length, 1);
  assert.equal(report.unknowns.length, 0);
  assert.equal(await held(), 249);
});

test('companies go to their own place', async () => {
  const report = await client.pushCompanies('salesforce', [{ Name: 'Acme' }]);
  assert.equal(report.pushed, 1);
  assert.equal(await held('salesforce', 'companies'), 1);
});

test('list changes take camelCase, the own names of the service, and ids of any size', async () => {
  await client.pushContacts('hubspot', contacts(2));
  const [first, second] = await sandbox.records('hubspot', 'contacts');
  const listId = await sandbox.addList('hubspot', { name: 'all' });
  const report = await client.pushLists('hubspot', [
    { listId, add: [first.id, Number(second.id)] },
    { list_id: listId, remove_contact_ids: [BigInt(second.id)] },
    { listId, ad: ['1'] },
  ]);
  assert.equal(report.pushed, 2, inspect(report.problems));
  assert.equal(report.failed, 1);
  assert.match(report.problems[0].message, /no field 'ad'.*did you mean 'add'/);
  assert.equal(report.listMembersAdded, 2);
  assert.equal(report.listMembersRemoved, 1);
  const list = (await sandbox.lists('hubspot')).find(({ id }) => id === listId);
  assert.deepEqual(list.members, [first.id]);
});

for (const [name, source] of [
  ['a set', () => new Set(contacts(150))],
  ['a generator', () => contacts(150).values()],
  ['an async generator', () => later(contacts(150))],
  ['an object stream', () => Readable.from(contacts(150))],
]) {
  test(`${name} is a source`, async () => {
    const report = await client.pushContacts('hubspot', source());
    assert.equal(report.pushed, 150);
    assert.equal(report.requests, 2);
    assert.equal(await held(), 150);
  });
}

test('no records make an empty report and no request', async () => {
  for (const source of [[], new Set(), later([])]) {
    const report = await client.pushContacts('hubspot', source);
    assert.equal(report.records, 0);
    assert.deepEqual(report.problems, []);
  }
  assert.deepEqual(await sandbox.requests(), []);
});

test('a source is read no further than a few requests ahead', async () => {
  let read = 0;
  let ahead = 0;
  function* counted() {
    for (const record of contacts(2_000)) {
      read += 1;
      yield record;
    }
  }
  await sandbox.failNext('hold');
  const pushed = client.pushContacts('hubspot', counted(), { concurrency: 1 });
  await until(async () => (await sandbox.held()) === 1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  ahead = read;
  await sandbox.release();
  await pushed;
  // One request under way, two full batches that wait, and a slice that is being read.
  assert.ok(ahead <= 400, `${ahead} read during the first request`);
  assert.equal(read, 2_000);
});

test('records are written as JSON.stringify does it, and bigints as digits', async () => {
  const born = new Date('2024-02-29T12:00:00Z');
  await sandbox.addCustomField('hubspot', 'contacts', { slug: 'born', type: 'string' });
  await sandbox.addCustomField('hubspot', 'contacts', { slug: 'big', type: 'string' });
  const [big] = [2n ** 64n];
  const custom = { toJSON: () => ({ email: 'custom@example.com' }) };
  const report = await client.pushContacts('hubspot', [
    { email: 'd@example.com', born, gone: undefined },
    { email: 'b@example.com', big },
    custom,
  ]);
  assert.equal(report.pushed, 3, inspect(report.problems));
  const [{ body }] = await sandbox.requests();
  assert.deepEqual(body.records, [
    { email: 'd@example.com', born: born.toISOString() },
    { email: 'b@example.com', big: '18446744073709551616' },
    { email: 'custom@example.com' },
  ]);
});

test('a record that throws while it is written fails alone, at its index', async () => {
  const cyclic = { email: 'x@example.com' };
  cyclic.self = cyclic;
  const throwing = {
    toJSON() {
      throw new Error('no words for this');
    },
  };
  const records = contacts(150);
  records[3] = cyclic;
  records[120] = throwing;
  const report = await client.pushContacts('hubspot', records);
  assert.equal(report.pushed, 148);
  assert.deepEqual(
    report.failures.map(({ index, record }) => [index, record]),
    [
      [3, null],
      [120, null],
    ],
  );
  assert.match(
    report.failures[0].message,
    /can't be written as JSON: field 'self' contains itself/,
  );
  assert.match(report.failures[1].message, /no words for this/);
});

test('what is no object fails alone', async () => {
  const hole = new Array(1);
  const odd = [undefined, null, 7, 'text', () => {}, Symbol('s'), [], {}, ...hole];
  const report = await client.pushContacts('hubspot', [...odd, { email: 'a@example.com' }]);
  assert.equal(report.pushed, 1);
  assert.equal(report.failed, odd.length);
  for (const { message } of report.problems) assert.match(message, /not an object|no fields/);
});

test('every kind of character arrives', async () => {
  const firstname = 'Zoë 李 🦀 \u2028 \\ud800 "\0';
  const report = await client.pushContacts('hubspot', [{ email: 'a@example.com', firstname }]);
  assert.equal(report.records, 1);
  const [{ body }] = await sandbox.requests();
  assert.equal(body.records[0].firstname, firstname);
});

test('a lone surrogate fails its record alone', async () => {
  const records = [...contacts(2), { email: 'b@example.com', firstname: '\\\\\ud800' }];
  const report = await client.pushContacts('hubspot', records);
  assert.equal(report.pushed, 2);
  assert.equal(report.outcome(2), 'failed');
  assert.match(report.problems[0].message, /lone surrogate.*U\+FFFD/);
});

test('when a source throws, what it gave is sent and its error carries the report', async () => {
  function* breaking(cause) {
    yield* contacts(130);
    throw cause;
  }
  async function* breakingLater(cause) {
    yield* breaking(cause);
  }
  for (const source of [breaking, breakingLater]) {
    await sandbox.reset();
    const cause = new RangeError('the database went away');
    const error = await rejection(client.pushContacts('hubspot', source(cause)));
    assert.equal(error, cause);
    assert.equal(reportOf(error).pushed, 130);
    assert.equal(await held(), 130);
    assert.ok(!Object.keys(error).includes('report'));
  }
});

test('a thrown value without room for a report becomes the cause of an error with one', async () => {
  for (const thrown of [
    'just a text',
    Object.freeze({ a: 1 }),
    Object.freeze(Object.create(null)),
  ]) {
    function* breaking() {
      yield { email: 'a@example.com' };
      throw thrown;
    }
    const error = await rejection(client.pushContacts('hubspot', breaking()));
    assert.ok(error instanceof graph8.Graph8Error);
    assert.equal(error.cause, thrown);
    assert.equal(error.report.records, 1);
  }
});

test('the report of a push inside the source is kept', async () => {
  const bad = sandbox.client({ apiKey: 'g8_test_expired' });
  async function* nested() {
    yield { email: 'a@example.com' };
    await bad.pushContacts('hubspot', contacts(7));
  }
  const error = await rejection(client.pushContacts('hubspot', nested()));
  assert.ok(error instanceof graph8.AuthenticationError);
  assert.equal(error.report.pushed, 1);
  assert.equal(error.innerReport.records, 7);
});

test('an early end counts the rest of a sized source as not sent', async () => {
  for (const source of [contacts(350), new Set(contacts(350))]) {
    await sandbox.reset();
    await sandbox.failNext('status', { status: 402, body: null, skip: 1 });
    async function userCode() {
      // One at a time, so that the refused request is the last one.
      await client.pushContacts('hubspot', source, { concurrency: 1 });
    }
    const error = await rejection(userCode());
    assert.ok(error instanceof graph8.PaymentRequiredError);
    assert.match(error.stack, /at userCode /);
    const { report } = error;
    assert.equal(report.records, 350);
    assert.equal(report.pushed, 100);
    assert.equal(
      report.pushed + report.skipped + report.failed + report.unknown + report.notSent,
      350,
    );
    assert.equal(report.outcome(349), 'not_sent');
    assert.equal(typeof report.endedEarly, 'string');
  }
});

test('an early end closes a generator', async () => {
  let closed = 0;
  function* watched() {
    try {
      yield* contacts(5_000);
    } finally {
      closed += 1;
    }
  }
  async function* watchedLater() {
    yield* watched();
  }
  const refused = sandbox.client({ apiKey: 'g8_test_expired' });
  for (const source of [watched(), watchedLater()]) {
    const error = await rejection(refused.pushContacts('hubspot', source));
    assert.ok(error.report.records <= 1_500, `${error.report.records} read`);
  }
  await new Promise(setImmediate);
  assert.equal(closed, 2);
});

test('a doubtful answer makes records unknown, and retry repeats them', async () => {
  await sandbox.failNext('close_after_write');
  const doubtful = await client.pushContacts('hubspot', contacts(2));
  assert.equal(doubtful.unknown, 2);
  assert.deepEqual(
    doubtful.unknowns.map((problem) => problem.record),
    contacts(2),
  );
  await sandbox.reset();
  await sandbox.failNext('status', { status: 500, body: null });
  const options = { onUnknown: 'retry', providerFields: { email: 'work_email' } };
  const repeated = await client.pushContacts('hubspot', contacts(2), options);
  assert.equal(repeated.pushed, 2);
  assert.equal(repeated.requests, 2);
  const seen = await sandbox.requests();
  assert.deepEqual(seen[1].body.provider_fields, { email: 'work_email' });
});

test('a deadline ends a push with its report', async () => {
  let error;
  // On a busy machine it may be over before a request has left.
  for (const deadlineMs of [500, 5_000, 50_000]) {
    await sandbox.reset();
    await sandbox.failNext('hold');
    const options = { deadlineMs, concurrency: 1 };
    error = await rejection(client.pushContacts('hubspot', contacts(300), options));
    assert.ok(error instanceof graph8.RequestTimeoutError);
    if (error.report.unknown > 0) break;
  }
  assert.equal(error.report.records, 300);
  assert.equal(error.report.unknown, 100);
  assert.equal(error.report.notSent, 200);
});

test('a report shows counts, and records only when asked', async () => {
  const [known, canary] = ['known@example.com', 'canary@example.com'];
  await sandbox.client().pushContacts('hubspot', [{ email: canary }, { email: known }]);
  const people = [{ email: canary, lastname: 'Birdsong' }, { email: known }];
  const report = await client.pushContacts('hubspot', people);
  const text = inspect(report);
  assert.match(text, /^PushReport \{\s+summary: '0 of 2 contacts pushed to hubspot, 2 failed/);
  assert.match(text, /failed: 2,.*problems: 2,\s+messages: \[\s*'2 failed: .* \(index 0, 1\)'/s);
  assert.doesNotMatch(text, /canary@|Birdsong/);
  assert.equal(report.toJSON({ records: true }).problems[0].record.email, canary);
  assert.equal('record' in report.toJSON().problems[0], false);
  assert.equal(JSON.parse(JSON.stringify(report)).notSent, 0);
  assert.ok(Object.isFrozen(report) && Object.isFrozen(report.problems[0]));
  report.outcomes.fill(0);
  assert.equal(report.outcome(0), 'failed');
});

test('an error from a push prints no records', async () => {
  const refused = sandbox.client({ apiKey: 'g8_test_expired' });
  const error = await rejection(refused.pushContacts('hubspot', [{ email: 'canary@example.com' }]));
  assert.equal(error.report.records, 1);
  assert.doesNotMatch(inspect(error), /canary/);
});

test('several pushes of one client run side by side', async () => {
  const providers = ['hubspot', 'pipedrive', 'zoho'];
  const records = { hubspot: 'email', pipedrive: 'name', zoho: 'Last_Name' };
  const reports = await Promise.all(
    providers.map((provider) => client.pushContacts(provider, [{ [records[provider]]: 'a@b.de' }])),
  );
  assert.deepEqual(
    reports.map((report) => report.provider),
    providers,
  );
});

test('the event loop turns while a push reads its source', async () => {
  let inThisTurn = 0;
  let most = 0;
  let timer = setImmediate(function turn() {
    most = Math.max(most, inThisTurn);
    inThisTurn = 0;
    timer = setImmediate(turn);
  });
  function* counted() {
    for (const record of contacts(5_000)) {
      inThisTurn += 1;
      yield record;
    }
  }
  const report = await client.pushContacts('hubspot', counted());
  clearImmediate(timer);
  assert.equal(report.records, 5_000);
  assert.ok(most <= 400, `${most} records in one turn`);
});
