// Looks into a CRM: what Node adds to the core's, whose rules are contract cases.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { ConfigError, FoundContacts, startSandbox } from 'graph8-crm';

let sandbox;
before(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
after(() => sandbox.stop());

test('any number of addresses is asked for, 100 per request', async () => {
  await sandbox.addContacts('hubspot', [{ email: 'p7@x.test' }, { email: 'p249@x.test' }]);
  const asked = new Set(Array.from({ length: 250 }, (_, number) => `p${number}@x.test`));
  const found = await sandbox.client().findContacts('hubspot', asked);
  assert.ok(found instanceof FoundContacts && found instanceof Map);
  assert.equal(found.missing.length, 248);
  assert.deepEqual([...found.keys()], [...asked]);
  assert.deepEqual(found.get('p7@x.test'), ['512345678001']);
  assert.deepEqual(found.get('p250@x.test'), undefined);
  assert.equal((await sandbox.requests()).length, 4);
});

test('what is no list of addresses is told by its place', async () => {
  const client = sandbox.client();
  for (const [emails, message] of [
    ['ada@x.test', /emails is not a list of strings/],
    [undefined, /emails is not a list of strings/],
    [['ada@x.test', 7], /emails\[1\] is not a string/],
    [['ada'], /emails\[0\] is 'ada': leave out what is no e-mail address/],
  ]) {
    await assert.rejects(client.findContacts('zoho', emails), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, message);
      return true;
    });
  }
});

test('a name that is none of a way to end doubts is refused', async () => {
  const options = { resolveUnknown: 'look' };
  const pushed = sandbox.client().pushContacts('hubspot', [{ email: 'ada@x.test' }], options);
  await assert.rejects(pushed, /resolve_?[uU]nknown is 'look': use lookup/);
});

test('an answer that is not understood is an error, and a lagging search finds nothing new', async () => {
  await sandbox.addContacts('hubspot', [{ email: 'ada@x.test' }]);
  await sandbox.setSiblings({ indexLagMs: 3_600_000 });
  const found = await sandbox.client().findContacts('hubspot', ['ada@x.test']);
  assert.deepEqual(found.missing, ['ada@x.test']);
});
