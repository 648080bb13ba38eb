// Two copies of the package in one process, as two dependencies may bring them.
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AbortedError, ConfigError, Graph8Error } from 'graph8-crm';
import { ROOT, rejection } from './support.mjs';

const folder = await mkdtemp(join(tmpdir(), 'graph8-copies-'));
after(() => rm(folder, { recursive: true }));
await cp(join(ROOT, 'bindings-node/dist'), folder, { recursive: true });
const copy = createRequire(import.meta.url)(join(folder, 'index.js'));

test('is() knows the errors of another copy, by class; instanceof does not', async () => {
  const sandbox = await copy.startSandbox();
  const client = sandbox.client();
  const wrong = await rejection(client.pushContacts('hubspott', []));
  const aborted = await rejection(client.listSyncs({ signal: AbortSignal.abort() }));
  await sandbox.stop();
  assert.ok(!(wrong instanceof Graph8Error));
  for (const [error, ErrorClass] of [
    [wrong, ConfigError],
    [aborted, AbortedError],
  ]) {
    assert.ok(Graph8Error.is(error));
    assert.ok(ErrorClass.is(error));
  }
  assert.ok(!AbortedError.is(wrong));
  assert.ok(!ConfigError.is(aborted));
});

test('is() knows what is not one', () => {
  for (const other of [undefined, null, 'text', new Error('m'), { kind: 'config' }]) {
    assert.equal(Graph8Error.is(other), false);
  }
  class OfTheirOwn extends ConfigError {}
  assert.ok(ConfigError.is(new OfTheirOwn('m')));
  assert.ok(Graph8Error.is(new Graph8Error('m')));
});
