// Processes that share a rate limit: what one has used up, another does not have.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ConfigError, RequestTimeoutError } from 'graph8-crm';
import { rejection, runScript, sandboxOfFile } from './support.mjs';

const sandbox = await sandboxOfFile();
const folder = await mkdtemp(join(tmpdir(), 'graph8-processes-'));
after(() => rm(folder, { recursive: true }));

const PEOPLE = [{ email: 'ada@example.com' }, { email: 'bob@example.com' }];
const TWO = { perSecond: 2, perMinute: 2 };
const place = (name) => pathToFileURL(join(folder, name)).href;

test('clients that name one file share the limit', async () => {
  const settings = { rateLimit: TWO, rateLimitStore: place('shared') };
  const report = await sandbox.client(settings).pushContacts('hubspot', PEOPLE, { batchSize: 1 });
  assert.deepEqual([report.pushed, report.pacing], [2, 'host']);
  const late = sandbox.client(settings).pushContacts('hubspot', PEOPLE, { deadlineMs: 200 });
  const error = await rejection(late);
  assert.ok(error instanceof RequestTimeoutError);
  assert.equal(error.report.notSent, 2);
});

test('processes of a host share the limit without a word', {
  skip: process.platform === 'darwin',
}, async () => {
  const script = `
    import { Client } from 'graph8-crm';
    const client = new Client({
      apiKey: 'g8_sbx_demo', baseUrl: '${sandbox.url}', rateLimit: { perSecond: 2, perMinute: 2 },
    });
    const companies = [{ name: 'Acme' }, { name: 'Bell' }];
    const report = await client
      .pushCompanies('pipedrive', companies, { batchSize: 1, deadlineMs: Number(process.env.DEADLINE_MS) || undefined })
      .catch((error) => error.report);
    console.log(report.pushed, report.notSent, report.pacing);
  `;
  const env = { GRAPH8_RATE_LIMIT_STORE: 'host', XDG_CACHE_HOME: folder, LOCALAPPDATA: folder };
  assert.equal((await runScript(script, { env })).stdout, '2 0 host');
  const late = { ...env, DEADLINE_MS: '300' };
  assert.equal((await runScript(script, { env: late })).stdout, '0 2 host');
  const said = script.replace('apiKey:', 'rateLimitStore: true, apiKey:');
  const alone = { ...late, GRAPH8_RATE_LIMIT_STORE: 'alone' };
  assert.equal((await runScript(said, { env: alone })).stdout, '0 2 host');
  assert.equal((await readdir(join(folder, 'graph8-crm'))).length, 1);
});

test("the sandbox's own client is alone", async () => {
  const report = await sandbox.client().pushContacts('hubspot', PEOPLE);
  assert.equal(report.pacing, 'alone');
});

test('a store that can not be used is refused and left alone', async () => {
  const foreign = join(folder, 'notes.txt');
  await writeFile(foreign, 'to be kept');
  for (const [store, says] of [
    [pathToFileURL(foreign).href, /not a file of rate limits/],
    [pathToFileURL(folder).href, /it is a folder/],
    ['redis://:s3cret@127.0.0.1/one', /names a database that is no number/],
    ['memcached://127.0.0.1', /no place that this version knows/],
    [7, /rateLimitStore is not a boolean or a non-empty string/],
  ]) {
    assert.throws(
      () => sandbox.client({ rateLimitStore: store }),
      (error) => error instanceof ConfigError && says.test(error.message),
    );
  }
  assert.equal(await readFile(foreign, 'utf8'), 'to be kept');
});
