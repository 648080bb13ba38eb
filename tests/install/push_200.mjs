// 200 records into the sandbox of an installed package, as the release tries it on each system.
import assert from 'node:assert/strict';
import { startSandbox } from 'graph8-crm';

const people = Array.from({ length: 200 }, (_, number) => ({
  email: `person${number}@example.com`,
}));
const sandbox = await startSandbox();
const report = await sandbox.client().pushContacts('hubspot', people);
assert.equal(report.pushed, people.length, report.summary);
assert.equal((await sandbox.records('hubspot', 'contacts')).length, people.length);
await sandbox.stop();
console.log(report.summary);
