// List changes by name and e-mail: what Node adds to the core's, whose rules are contract cases.

import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { startSandbox } from 'graph8-crm';

let sandbox;
before(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
after(() => sandbox.stop());

test('changes name their list and their contacts in either spelling', async () => {
  const emails = ['ada@x.test', 'bob@x.test'];
  await sandbox.addContacts(
    'hubspot',
    emails.map((email) => ({ email })),
  );
  const report = await sandbox.client().pushLists(
    'hubspot',
    [
      { listName: 'VIP', addEmails: emails },
      { list_name: 'VIP', remove_emails: ['ADA@x.test'] },
      { listName: 'VIP', listId: undefined, addEmail: emails },
    ],
    { createList: true },
  );
  assert.deepEqual([report.pushed, report.failed], [2, 1]);
  assert.equal(
    report.problems[0].message,
    "a list change has no field 'addEmail': use listId, listName, add, remove, addEmails, removeEmails; " +
      "did you mean 'addEmails'?",
  );
  const vip = (await sandbox.lists('hubspot')).find(({ name }) => name === 'VIP');
  assert.deepEqual(vip.members, ['512345678002']);
});

test('messages of reports spell options as JavaScript does', async () => {
  const client = sandbox.client();
  const report = await client.pushLists('hubspot', [
    { listName: 'VIP', add: ['1'] },
    { listId: '7', addEmails: 'ada@x.test' },
    { listId: '7', listName: 'VIP', add: ['1'] },
  ]);
  assert.deepEqual(
    report.problems.map(({ message }) => message),
    [
      "no list of the CRM has the name 'VIP': check the name, or have it made with createList",
      'addEmails is "ada@x.test": use a list of e-mail addresses',
      'has both listId and listName: pass one of them',
    ],
  );
  await assert.rejects(
    client.pushContacts('hubspot', [{ email: 'ada@x.test' }], { addToList: 'VIP' }),
    ({ kind, message, report: { notSent } }) =>
      kind === 'config' &&
      /addToList: no list .* made with createList$/.test(message) &&
      notSent === 1,
  );
});

test('those that were pushed and skipped are added to a list, by name or by id', async () => {
  const id = await sandbox.addList('hubspot', { name: 'VIP' });
  const people = ['ada', 'bob'].map((name) => ({ email: `${name}@x.test` }));
  const client = sandbox.client();
  const nameless = { firstname: 'Nameless' };
  const first = await client.pushContacts('hubspot', [...people, nameless], { addToList: 'VIP' });
  assert.deepEqual(first.addedToList, {
    listId: id,
    listName: 'VIP',
    added: 2,
    newMembers: 2,
    notFound: 1,
    ambiguous: 0,
    failed: 0,
    unknown: 0,
    notSent: 0,
    problems: [
      {
        index: 2,
        reason: 'not_found',
        message: 'it has no e-mail address by itself by which it could be found in the CRM',
      },
    ],
    problemsOmitted: 0,
    endedEarly: null,
  });
  const second = await client.pushContacts('hubspot', people, {
    skipExisting: true,
    addToList: { listId: id },
  });
  const { added, newMembers } = second.addedToList;
  assert.deepEqual([second.skipped, added, newMembers], [2, 2, 0]);
  const made = await client.pushContacts('hubspot', people, {
    skipExisting: true,
    addToList: { listName: 'New' },
    createList: true,
  });
  assert.equal(made.addedToList.newMembers, 2);
  assert.equal(first.merge(second).addedToList.added, 4);
  assert.equal((await client.pushContacts('hubspot', [])).addedToList, null);
});

test('messages about options spell them as they are spelled here', async () => {
  const client = sandbox.client();
  const refused = (options, message) =>
    assert.rejects(client.pushContacts('hubspot', [], options), { name: 'ConfigError', message });
  await refused({ addToList: '42' }, /^addToList is "42": .* with its listId or its listName$/);
  await refused({ resolveUnknownAfterMs: 5 }, /^resolveUnknownAfterMs goes with resolveUnknown = /);
  await refused({ onChange: 'push' }, /^onChange goes with primaryKey: /);
  await refused({ onUnknown: 'later' }, /^onUnknown is 'later'/);
  await refused(
    { primaryKey: ['create_list', 'create_list'], journal: join(tmpdir(), 'create_list.journal') },
    /^primaryKey has 'create_list' twice/,
  );
  await assert.rejects(client.pushCompanies('hubspot', [], { skipExisting: true }), {
    message: /^skipExisting and resolveUnknown = "lookup" go with contacts/,
  });
});
