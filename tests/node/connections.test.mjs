// What comes over a connection after its request was answered: it is never the next request's.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { Client } from 'graph8-crm';
import { contacts } from './support.mjs';

/** One record created, or one member added. */
const DONE = { pushed_count: 1, failed_count: 0, added: 1, removed: 0, errors: [] };
/** Taken for true it would be a wrong outcome. */
const STRAY = { pushed_count: 0, failed_count: 1, errors: [] };

function answer(data) {
  const body = JSON.stringify({ data });
  return `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

/**
 * Sends an answer that was not asked for as soon as a second request comes over a connection: at that
 * moment nothing tells it from the request's own answer.
 */
async function startService() {
  const service = { connections: 0, url: '' };
  const server = createServer((socket) => {
    service.connections += 1;
    let isReused = false;
    let received = '';
    socket.on('error', () => {});
    socket.on('data', (part) => {
      received += part.toString('latin1');
      const end = received.indexOf('\r\n\r\n') + 4;
      const length = Number(/^content-length: (\d+)/im.exec(received)?.[1] ?? 0);
      if (end < 4 || received.length < end + length) return;
      if (isReused) socket.write(answer(STRAY));
      socket.write(answer(received.startsWith('GET') ? [] : DONE));
      isReused = true;
      received = '';
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => server.close());
  service.url = `http://127.0.0.1:${server.address().port}`;
  return service;
}

for (const http2 of [false, true]) {
  test(`a late second answer finds no other request on its connection, http2 ${http2}`, async () => {
    const service = await startService();
    const client = new Client({ apiKey: 'g8_test_canary', baseUrl: service.url, http2 });
    assert.equal((await client.pushContacts('hubspot', contacts(1))).pushed, 1);
    assert.equal((await client.pushCompanies('hubspot', [{ name: 'a' }])).pushed, 1);
    const change = { listId: '1', add: ['a'] };
    assert.equal((await client.pushLists('hubspot', [change])).pushed, 1);
    assert.deepEqual(await client.listSyncs(), []);
    const options = { batchSize: 1 };
    assert.equal((await client.pushContacts('hubspot', contacts(4), options)).pushed, 4);
    assert.equal(service.connections, 8);
  });
}
