// What is checked in against what was built.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as graph8 from 'graph8-crm';
import { ROOT } from './support.mjs';

const read = (path) => readFile(join(ROOT, path), 'utf8');

test('the addon has the declarations that are checked in', async () => {
  const [built, checkedIn] = await Promise.all([
    read('bindings-node/dist/binding.d.ts'),
    read('bindings-node/ts/binding.d.ts'),
  ]);
  assert.equal(checkedIn, built, 'run npm run update:binding');
});

test('package and workspace have one version, which the service sees', async () => {
  const { version } = JSON.parse(await read('package.json'));
  const [, ofWorkspace] = /\[workspace\.package\]\nversion = "(.*)"/.exec(await read('Cargo.toml'));
  assert.equal(version, ofWorkspace);
  assert.equal(JSON.parse(await read('package-lock.json')).version, version);
  assert.match(await read('bindings-node/ts/version.ts'), new RegExp(`VERSION = '${version}'`));
  const sandbox = await graph8.startSandbox();
  await sandbox.client().listSyncs();
  const [{ headers }] = await sandbox.requests();
  await sandbox.stop();
  assert.equal(headers['user-agent'], `graph8-crm/${version}`);
});

test('the lock file names no address and no install script', async () => {
  const lock = await read('package-lock.json');
  assert.doesNotMatch(lock, /"resolved"|hasInstallScript/);
});

test('the package has no dependency at run time', async () => {
  const manifest = JSON.parse(await read('package.json'));
  assert.equal(manifest.dependencies, undefined);
});

test('the public names are these', () => {
  assert.deepEqual(Object.keys(graph8).sort(), [
    'AbortedError',
    'AuthenticationError',
    'CheckReport',
    'Client',
    'ConfigError',
    'ConnectionFailedError',
    'ConnectionStatus',
    'CrmSync',
    'ENTITY_TYPES',
    'ExactNumber',
    'Field',
    'Fields',
    'FoundContacts',
    'Graph8Error',
    'Graph8Rows',
    'InternalError',
    'InvalidAnswerError',
    'InvalidRequestError',
    'NotAllPushedError',
    'NotConnectedError',
    'PROVIDERS',
    'PaymentRequiredError',
    'PermissionDeniedError',
    'Problem',
    'ProgressStream',
    'PushReport',
    'PushStoppedError',
    'RateLimitedError',
    'RequestTimeoutError',
    'Sandbox',
    'ServerError',
    'Skip',
    'SourceError',
    'StorageError',
    'Suggestions',
    'UpstreamCrmError',
    'graph8Fields',
    'isProvider',
    'journalStatus',
    'readDeadLetter',
    'reportOf',
    'startSandbox',
  ]);
});
