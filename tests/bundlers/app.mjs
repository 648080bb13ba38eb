// What each bundler builds: a push against a sandbox of its own.
import { startSandbox } from 'graph8-crm';

async function main() {
  const sandbox = await startSandbox();
  const contacts = ['ada', 'bob', 'cid'].map((name) => ({ email: `${name}@example.com` }));
  const report = await sandbox.client().pushContacts('hubspot', contacts);
  const there = await sandbox.records('hubspot', 'contacts');
  await sandbox.stop();
  console.log(`pushed ${report.pushed}, there ${there.length}`);
}

main();
