// Pushes two contacts and prints what became of each; with no G8_API_KEY set, into a sandbox.
import { Client, startSandbox } from 'graph8-crm';

const sandbox = await startSandbox();
const client = process.env.G8_API_KEY ? new Client() : sandbox.client();
const people = [{ email: 'ada@example.com', firstname: 'Ada' }, { email: 'no address' }];
const report = await client.pushContacts('hubspot', people);
console.log(report);
for (const { index, outcome, message } of report.problems) {
  console.log(`record ${index}: ${outcome}: ${message}`);
}
await sandbox.stop();
