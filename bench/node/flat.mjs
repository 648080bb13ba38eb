// Resident memory while many generated contacts are pushed; see flat.py.
import { Client } from '../../bindings-node/dist/index.mjs';
import * as contacts from './contacts.mjs';
import { expect, given } from './measure.mjs';

const MARKS = new Set([10_000, 1_000_000]);
const { url, records: count } = given({ records: 10_000_000 });
const marked = [];

function mark(number) {
  const rss = process.memoryUsage.rss() / 1024 / 1024;
  marked.push(`${rss.toFixed(1)} after ${number.toLocaleString('en')}`);
}

function* source() {
  for (let number = 0; number < count; number += 1) {
    if (MARKS.has(number)) mark(number);
    yield contacts.contact(number);
  }
}

const client = new Client({ apiKey: 'bench', baseUrl: url, rateLimit: false });
const report = await client.pushContacts('hubspot', source());
expect('graph8-crm', report.pushed, count);
mark(count);
console.log(`Node, MiB: ${marked.join(', ')}`);
