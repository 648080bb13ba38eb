// Settings, reads, results and errors of a client.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import * as graph8 from 'graph8-crm';
import { contacts, rejection, runScript, sandboxOfFile } from './support.mjs';

const { Client, CrmSync, Graph8Error } = graph8;
const sandbox = await sandboxOfFile();
const client = sandbox.client();

test('listSyncs gives frozen results with plain data and dates', async () => {
  const syncs = await client.listSyncs();
  assert.deepEqual(
    syncs.map((sync) => sync.provider),
    ['hubspot', 'salesforce', 'pipedrive', 'zoho', 'sugarcrm'],
  );
  const [sync] = syncs;
  assert.ok(sync instanceof CrmSync);
  assert.ok(Object.isFrozen(sync) && Object.isFrozen(sync.extra));
  assert.equal(sync.connectedTime.getTime(), Date.parse(sync.connectedAt));
  assert.equal(sync.lastSyncTime, null);
  const names = ['connectedAt', 'connectionId', 'extra', 'lastSyncAt', 'provider', 'status'];
  assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(sync))).sort(), names);
});

test('keys that this version does not know end in extra, as the service spells them', async () => {
  const data = [{ provider: 'hubspot', status: 'connected', sync_mode: { some_key: 1 } }];
  await sandbox.failNext('status', { status: 200, body: { data } });
  const [sync] = await client.listSyncs();
  assert.deepEqual(sync.extra, { sync_mode: { some_key: 1 } });
  assert.equal(sync.lastSyncAt, null);
});

test('fields takes contacts by default and any other entity', async () => {
  const fields = await client.fields('hubspot');
  assert.ok(fields.some((field) => field.slug === 'email'));
  const ofCompanies = await client.fields('salesforce', 'companies');
  assert.ok(ofCompanies.some((field) => field.slug === 'Website'));
  const queries = (await sandbox.requests()).map((request) => request.query);
  assert.deepEqual(queries, [{ entity_type: 'contacts' }, { entity_type: 'companies' }]);
});

test('a broken connection is a status, not an error', async () => {
  await sandbox.setConnection('zoho', 'expired');
  const status = await client.status('zoho');
  assert.equal(status.connected, false);
  assert.equal(typeof status.message, 'string');
});

test('errors have their class, their fields and the frames of the caller', async () => {
  await sandbox.setConnection('zoho', 'absent');
  async function userCode() {
    await client.status('zoho');
  }
  const error = await rejection(userCode());
  assert.ok(error instanceof graph8.NotConnectedError);
  assert.ok(error instanceof Graph8Error);
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'NotConnectedError');
  assert.equal(error.kind, 'not_connected');
  assert.equal(error.status, 404);
  assert.equal(error.retryable, false);
  assert.equal(error.retryAfter, null);
  assert.equal(error.report, null);
  assert.match(error.requestId, /^req_/);
  assert.match(error.stack, /^NotConnectedError: .*\n {4}at userCode /);
  assert.equal(JSON.parse(JSON.stringify(error)).requestId, error.requestId);
});

test('a promise that is awaited later still shows who made the call', async () => {
  function startsOnly() {
    return client.status('nowhere');
  }
  const error = await rejection(startsOnly());
  assert.ok(error instanceof graph8.ConfigError);
  assert.match(error.stack, /at startsOnly /);
});

const BY_STATUS = [
  [401, graph8.AuthenticationError],
  [402, graph8.PaymentRequiredError],
  [403, graph8.PermissionDeniedError],
  [404, graph8.NotConnectedError],
  [422, graph8.InvalidRequestError],
];
for (const [status, ErrorClass] of BY_STATUS) {
  test(`a ${status} rejects with ${ErrorClass.name}`, async () => {
    const body = { error: { code: 'some_code', message: 'words', details: { a_b: 1 } } };
    await sandbox.failNext('status', { status, body });
    const error = await rejection(client.status('hubspot'));
    assert.ok(error instanceof ErrorClass);
    assert.equal(error.status, status);
    assert.match(error.message, /words/);
  });
}

test('a wait that is too long comes as seconds in retryAfter', async () => {
  const headers = { 'retry-after': '600' };
  await sandbox.failNext('status', { status: 429, headers, body: null, count: 20 });
  const error = await rejection(client.listSyncs());
  assert.ok(error instanceof graph8.RateLimitedError);
  assert.equal(error.retryAfter, 600);
});

test('time-outs are in milliseconds', async () => {
  let report;
  // On a busy machine it may be over before the request has left.
  for (const timeoutMs of [300, 3_000, 30_000]) {
    await sandbox.reset();
    await sandbox.failNext('hold');
    const pushed = sandbox.client({ timeoutMs }).pushContacts('hubspot', contacts(1));
    report = await pushed.catch((error) => error.report);
    // Seconds would be a thousand times as long.
    assert.ok(report.elapsedSeconds < timeoutMs);
    if (report.unknown > 0) break;
  }
  assert.equal(report.unknown, 1);
});

test('an unreachable service is a ConnectionFailedError', async () => {
  // A port that no program is given by chance.
  const baseUrl = 'http://127.0.0.1:9';
  const error = await rejection(new Client({ apiKey: 'g8_test_1', baseUrl }).listSyncs());
  assert.ok(error instanceof graph8.ConnectionFailedError);
  assert.equal(error.retryable, true);
});

test('settings reach the wire', async () => {
  await sandbox
    .client({ orgId: 'org_1', targetOrgId: 'org_2', userAgentSuffix: 'my-app/1.2' })
    .listSyncs();
  const [{ headers }] = await sandbox.requests();
  assert.equal(headers['x-org-id'], 'org_1');
  assert.equal(headers['x-target-org-id'], 'org_2');
  assert.match(headers['user-agent'], /^graph8-crm\/\d+\.\d+\.\d+ my-app\/1\.2$/);
});

test('wrong settings are named without their values', () => {
  const apiKey = 'g8_live_canary';
  for (const [options, words] of [
    [{ apikey: apiKey }, /no option 'apikey': use apiKey, /],
    [{ apiKey: { canary: 1 } }, /apiKey is not a string/],
    [{ apiKey, timeoutMs: '10' }, /timeoutMs is not a number/],
    [{ apiKey, timeoutMs: -1 }, /timeoutMs is -1/],
    [{ apiKey, timeoutMs: Number.NaN }, /timeoutMs is NaN/],
    [{ apiKey, rateLimit: { perSecond: 1 } }, /rateLimit is not false, or an object/],
    [{ apiKey, rateLimit: { perSecond: 0, perMinute: 9 } }, /no request at all/],
    [{ apiKey, allowHttp: 'yes' }, /allowHttp is not true or false/],
    [{ apiKey, caFile: [1] }, /caFile is not a string or an array of strings/],
    [{ apiKey, caFile: '/no/such/file.pem' }, /\/no\/such\/file\.pem/],
    [{ apiKey, baseUrl: 'http://example.com' }, /clear text/],
    [{ apiKey: 'a\nb' }, /line break/],
    ['key', /not an object/],
  ]) {
    assert.throws(
      () => new Client(options),
      (error) => {
        assert.ok(error instanceof graph8.ConfigError);
        assert.match(error.message, words);
        assert.doesNotMatch(inspect(error), /canary/);
        assert.match(error.stack, /client\.test\.mjs/);
        return true;
      },
    );
  }
});

test('several certificate files may be given', async () => {
  const file = join(tmpdir(), `graph8-crm-empty-${process.pid}.pem`);
  await writeFile(file, '');
  assert.throws(() => new Client({ apiKey: 'k', caFile: [file, '/no/such.pem'] }), /such\.pem/);
});

test('wrong arguments reject before any request', async () => {
  for (const [call, words] of [
    [() => client.status('hubspott'), /did you mean 'hubspot'/],
    [() => client.status(7), /provider is not a string/],
    [() => client.fields('hubspot', 'people'), /unknown entity type 'people'/],
    [() => client.listSyncs({ sginal: null }), /no option 'sginal': use signal/],
    [() => client.listSyncs({ signal: {} }), /signal is not an AbortSignal/],
    [() => client.pushContacts('hubspot', [], { batchSize: 1001 }), /batchSize is 1001/],
    [() => client.pushContacts('hubspot', [], { batchSize: 1.5 }), /not a whole number/],
    [() => client.pushContacts('hubspot', [], { onUnknown: 'guess' }), /'guess'/],
    [
      () => client.pushContacts('hubspot', [], { deadlineMs: -5 }),
      /deadlineMs is -5: use a number of milliseconds/,
    ],
    [() => client.pushContacts('hubspot', [], { graceMs: -5 }), /graceMs is -5/],
    [() => client.pushContacts('hubspot', [], { maxFailures: Number.NaN }), /maxFailures is NaN/],
    [() => client.pushContacts('hubspot', [], { concurrency: 0 }), /concurrency is 0/],
    [
      () => client.pushContacts('hubspot', [], { onProgress: 7 }),
      /onProgress is not a function or a ProgressStream/,
    ],
    [() => client.pushContacts('hubspot', 'abc'), /one string instead of many/],
    [() => client.pushContacts('hubspot', { email: 'a@b.de' }), /one object instead of many/],
    [() => client.pushContacts('hubspot', undefined), /one undefined instead of many/],
    [() => client.pushLists('hubspot', [], { onUnknown: 'retry' }), /no option 'onUnknown'/],
  ]) {
    const error = await rejection(call());
    assert.ok(error instanceof graph8.ConfigError, String(error));
    assert.match(error.message, words);
  }
  assert.deepEqual(await sandbox.requests(), []);
});

test('the key is nowhere to be seen', async () => {
  const secret = 'g8_test_canary_bad';
  const own = sandbox.client({ apiKey: secret });
  const error = await rejection(own.pushContacts('hubspot', contacts(1)));
  assert.ok(error instanceof graph8.AuthenticationError);
  const shown = [own, error, error.report, await sandbox.requests()];
  for (const thing of shown) {
    assert.doesNotMatch(inspect(thing, { depth: 9, showHidden: true }), /canary/);
    assert.doesNotMatch(JSON.stringify(thing), /canary/);
  }
});

test('a closed client refuses calls', async () => {
  const closed = sandbox.client();
  assert.equal(closed.baseUrl, `${sandbox.url}/api/v1`);
  closed.close();
  closed.close();
  const error = await rejection(closed.listSyncs());
  assert.ok(error instanceof graph8.ConfigError);
  assert.match(error.message, /closed/);
});

test('key and address come from the environment', async () => {
  const env = { GRAPH8_API_KEY: 'g8_test_env', G8_API_URL: `${sandbox.url}/api/v1/` };
  const { stdout } = await runScript(
    `import { Client } from 'graph8-crm'; console.log((await new Client().listSyncs()).length);`,
    { env },
  );
  assert.equal(stdout, '5');
});

test('key and address come from the credentials file last, unless it is left out', async () => {
  const home = await mkdtemp(join(tmpdir(), 'graph8-home-'));
  try {
    const path = join(home, '.g8', 'credentials.json');
    await mkdir(dirname(path));
    const text = JSON.stringify({ api_key: 'g8_sbx_1234567890', api_url: sandbox.url });
    await writeFile(path, text, { mode: 0o600 });
    const env = { HOME: home, USERPROFILE: home };
    const script = `import { Client } from 'graph8-crm';
      console.log((await new Client().listSyncs()).length);
      try { new Client({ credentials: false }) } catch (error) { console.log(error.message) }`;
    assert.match((await runScript(script, { env })).stdout, /^5\nno API key/);
    await sandbox.setKey('g8_sbx_1234567890', 'bad');
    const refused = `import { Client } from 'graph8-crm';
      await new Client().listSyncs().catch((error) => console.log(error.message));`;
    assert.match(
      (await runScript(refused, { env })).stdout,
      /comes from ~\/\.g8\/credentials\.json/,
    );
  } finally {
    await rm(home, { recursive: true });
  }
});

test('a missing key is an error that says where to put it', async () => {
  const { stdout } = await runScript(
    `import { Client } from 'graph8-crm'; try { new Client() } catch (error) { console.log(error.message) }`,
  );
  assert.match(stdout, /G8_API_KEY/);
});
