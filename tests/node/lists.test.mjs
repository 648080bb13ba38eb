// List changes by name and e-mail: what Node adds to the core's, whose rules are contract cases.

import assert from 'node:assert/strict';
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
  assert.match(report.problems[0].message, /unknown field `addEmail`/);
  const vip = (await sandbox.lists('hubspot')).find(({ name }) => name === 'VIP');
  assert.deepEqual(vip.members, ['512345678002']);
});
