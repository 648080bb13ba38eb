/** A request that is refused as a whole refuses no record: mended, the push goes on with all of them. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Graph8Error } from 'graph8-crm';
import { rejection, sandboxOfFile } from './support.mjs';

const sandbox = await sandboxOfFile();
const client = sandbox.client();

const BATCHES = 6;
const SIZE = 5;
const RECORDS = Array.from({ length: BATCHES * SIZE }, (_, n) => ({ email: `p${n}@x.test` }));

for (const status of [401, 402, 403, 404]) {
  for (const skip of [0, 3, BATCHES - 1]) {
    for (const concurrency of [1, 4]) {
      for (const hasJournal of [false, true]) {
        const name = `${status} after ${skip} requests, ${concurrency} at a time, ${hasJournal ? 'with' : 'without'} a journal`;
        test(`a push refused three times loses nothing: ${name}`, () =>
          losesNothing(status, skip, concurrency, hasJournal));
      }
    }
  }
}

async function losesNothing(status, skip, concurrency, hasJournal) {
  const folder = mkdtempSync(join(tmpdir(), 'graph8-refusals-'));
  const deadLetter = join(folder, 'dead.ndjson');
  const options = { batchSize: SIZE, concurrency, deadLetter };
  if (hasJournal) options.journal = join(folder, 'push.journal');
  let records = RECORDS;
  for (let run = 0; run < 3; run += 1) {
    await sandbox.failNext('status', {
      status,
      body: { detail: 'no' },
      skip: run === 0 ? skip : 0,
      count: 1000,
    });
    const error = await rejection(client.pushContacts('hubspot', records, options));
    assert.ok(error instanceof Graph8Error);
    assert.equal(error.status, status);
    const { report } = error;
    await sandbox.command({ do: 'clear_faults' });
    const pushed = hasJournal || run === 0 ? skip * SIZE : 0;
    assert.deepEqual([report.pushed, report.failed, report.unknown], [pushed, 0, 0]);
    if (!hasJournal) records = report.recordsOf('not_sent');
  }
  assert.equal((await sandbox.records('hubspot', 'contacts')).length, skip * SIZE);
  const report = await client.pushContacts('hubspot', records, options);
  assert.equal(report.pushed, records.length);
  assert.equal((await sandbox.records('hubspot', 'contacts')).length, RECORDS.length);
  assert.equal(readFileSync(deadLetter, 'utf8'), '');
}
