// The sandbox's own verbs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, NotConnectedError, RateLimitedError, startSandbox } from 'graph8-crm';
import { contacts, rejection, sandboxOfFile, until } from './support.mjs';

const sandbox = await sandboxOfFile();

test('wrong options and commands are named', async () => {
  const wrong = await rejection(startSandbox({ sede: 1 }));
  assert.ok(wrong instanceof ConfigError);
  assert.match(wrong.message, /sede/);
  const unknown = await rejection(sandbox.command({ do: 'dance' }));
  assert.ok(unknown instanceof ConfigError);
  assert.match(unknown.message, /dance/);
});

test('the same seed gives the same ids', async () => {
  const ids = [];
  for (let round = 0; round < 2; round += 1) {
    const seeded = await startSandbox({ seed: 7 });
    await seeded.client().pushContacts('hubspot', contacts(2));
    ids.push((await seeded.records('hubspot', 'contacts')).map(({ id }) => id).join());
    await seeded.stop();
  }
  assert.equal(ids[0], ids[1]);
});

test('connections and keys can be set', async () => {
  const client = sandbox.client({ apiKey: 'g8_test_mine' });
  await sandbox.setConnection('zoho', 'absent');
  assert.ok((await rejection(client.status('zoho'))) instanceof NotConnectedError);
  await sandbox.setKey('g8_test_mine', 'expired');
  assert.equal((await rejection(client.listSyncs())).status, 401);
  await sandbox.reset();
  assert.equal((await client.status('zoho')).connected, true);
});

test('custom fields are known from then on', async () => {
  const client = sandbox.client();
  const record = [{ email: 'a@example.com', shoe_size: 'a lot' }];
  assert.equal((await client.pushContacts('hubspot', record)).failed, 1);
  const field = { slug: 'shoe_size', type: 'string', maxLength: 3 };
  await sandbox.addCustomField('hubspot', 'contacts', field);
  assert.ok((await client.fields('hubspot')).some(({ slug }) => slug === 'shoe_size'));
});

test('a rate limit answers with 429', async () => {
  const limited = await startSandbox({
    rateLimit: { window: 'sliding', perSecond: 1, perMinute: 1 },
  });
  await limited.setRateLimit({ perSecond: 1, perMinute: 1 });
  const client = limited.client({ rateLimit: false });
  await client.listSyncs();
  const controller = new AbortController();
  const seen = rejection(client.listSyncs({ signal: controller.signal }));
  await until(async () => (await limited.requests()).at(-1).status === 429);
  controller.abort();
  const error = await seen;
  assert.ok(error.kind === 'cancelled' || error instanceof RateLimitedError);
  await limited.stop();
});

test('a stopped sandbox refuses commands and connections', async () => {
  const stopped = await startSandbox();
  const client = stopped.client();
  await stopped.stop();
  await stopped.stop();
  assert.match((await rejection(stopped.requests())).message, /stopped/);
  assert.equal((await rejection(client.listSyncs())).kind, 'connection');
});
