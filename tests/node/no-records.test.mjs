// What is no record, or no source, is told by its name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from 'graph8-crm';
import { contacts, rejection, sandboxOfFile } from './support.mjs';

const sandbox = await sandboxOfFile();
const client = sandbox.client({ rateLimit: false });

class Hidden {
  #email = 'a@example.com';
  get email() {
    return this.#email;
  }
}

test('objects whose JSON would be empty fail alone, by name', async () => {
  const kinds = [
    [new Hidden(), /is a Hidden/],
    [new Response(''), /is a Response/],
    [new URLSearchParams('a=b'), /is a URLSearchParams/],
    [new Headers(), /is a Headers/],
    [/x/, /is a RegExp/],
    [Object.assign(new Error('x'), { code: 'E' }), /is an Error/],
    [Promise.resolve({}), /is a promise: await it/],
    [{ [Symbol('email')]: 1 }, /symbols/],
  ];
  for (const [value, message] of kinds) {
    const report = await client.pushContacts('hubspot', [...contacts(3), value]);
    assert.deepEqual([report.failed, report.problems[0].index], [1, 3], String(message));
    assert.match(report.problems[0].message, message);
    await sandbox.reset();
  }
});

test('promises and bodies as the source are told', async () => {
  const sources = [
    [Promise.resolve(contacts(1)), /is a promise: await it/],
    [Promise.reject(new Error('nobody waits for it')), /is a promise: await it/],
    // biome-ignore lint/suspicious/noThenProperty: as query builders have it
    [{ then() {} }, /await it/],
    [new Response('{}'), /is a Response/],
    [new Blob([]), /is a Blob/],
    [new (class DuckDBMaterializedResult {})(), /await result\.getRowObjectsJson\(\)/],
    [Buffer.from('email,name\na@example.com,x\nb@example.com,y\n'), /seems to be CSV/],
    [Buffer.from('PAR1\0\0\0\0'), /is a Parquet file/],
    [
      new URL('https://user:secret@example.com/x.csv'),
      /a URL of https:\/\/example.com, which is not/,
    ],
    [new URL('file:///a%2Fb.csv'), /a file: URL that names no file here/],
  ];
  for (const [source, message] of sources) {
    const error = await rejection(client.pushContacts('hubspot', source));
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, message);
  }
});

test('a lone surrogate in a key fails its record alone', async () => {
  const records = contacts(100).map((record, at) => ({
    ...record,
    '\ud800': at === 3 ? 1 : undefined,
  }));
  const report = await client.pushContacts('hubspot', records);
  assert.deepEqual([report.pushed, report.failed], [99, 1]);
  assert.match(report.problems[0].message, /lone surrogate/);
});
