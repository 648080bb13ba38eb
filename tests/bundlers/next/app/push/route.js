import { startSandbox } from 'graph8-crm';

export const dynamic = 'force-dynamic';

export async function GET() {
  const sandbox = await startSandbox();
  const contacts = ['ada', 'bob', 'cid'].map((name) => ({ email: `${name}@example.com` }));
  const report = await sandbox.client().pushContacts('hubspot', contacts);
  const there = await sandbox.records('hubspot', 'contacts');
  await sandbox.stop();
  return new Response(`pushed ${report.pushed}, there ${there.length}`);
}
