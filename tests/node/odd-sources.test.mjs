// Sources that refill one record, that are a file of their push, that claim too much; answers that are none.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, beforeEach, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { AbortedError, ConfigError, Graph8Error, RequestTimeoutError } from 'graph8-crm';
import { contacts, rejection, sandboxOfFile } from './support.mjs';

const sandbox = await sandboxOfFile();
const client = sandbox.client({ rateLimit: false });
const folder = await mkdtemp(join(tmpdir(), 'graph8-'));
after(() => rm(folder, { recursive: true }));
beforeEach(() => sandbox.reset());

const LIMIT = { timeout: 60_000 };
const held = async () =>
  (await sandbox.records('hubspot', 'contacts')).map(({ fields }) => fields.email);

function* refilled(count) {
  const row = {};
  for (let number = 0; number < count; number += 1) {
    row.email = `refilled${number}@example.com`;
    yield row;
  }
}

async function* slowly(records) {
  yield* records;
}

const WANTED = Array.from({ length: 250 }, (_, number) => `refilled${number}@example.com`);

for (const [name, source] of [
  ['a generator', () => refilled(250)],
  ['an async generator', () => slowly(refilled(250))],
]) {
  test(`one record that ${name} fills anew is as many as were given`, LIMIT, async () => {
    assert.equal((await client.pushContacts('hubspot', source())).pushed, 250);
    assert.deepEqual(await held(), WANTED);
  });
}

test('one record that is filled anew later is an error and no guess', LIMIT, async () => {
  function* source() {
    yield* contacts(120);
    yield* refilled(10);
  }
  const error = await rejection(client.pushContacts('hubspot', source()));
  assert.ok(error instanceof ConfigError);
  assert.match(error.message, /an object of its own/);
  const { report } = error;
  assert.equal(report.pushed, report.records);
  assert.equal(report.records, 120);
  assert.equal(report.endedEarly, 'the source of the records threw ConfigError');
  assert.equal((await held()).length, report.pushed);
});

test('a refilled record may hold what needs care', LIMIT, async () => {
  for (const special of [{}, new Map([['a', 1]]), new Uint16Array(2), '\ufffd']) {
    await sandbox.reset();
    function* source() {
      const row = {};
      for (const record of refilled(3)) yield Object.assign(row, record, { company: special });
    }
    await client.pushContacts('hubspot', source());
    const pushes = (await sandbox.requests()).filter(({ path }) => path.endsWith('/push'));
    const sent = pushes.map((request) => JSON.stringify(request)).join();
    for (const email of WANTED.slice(0, 3)) assert.equal(sent.split(email).length, 2, email);
  }
});

test('bytes among records are a rejected record', LIMIT, async () => {
  async function* source() {
    yield contacts(1)[0];
    yield Buffer.from('x');
    yield contacts(2)[1];
  }
  const report = await client.pushContacts('hubspot', source());
  assert.deepEqual([report.pushed, report.failed], [2, 1]);
});

test('an abort in the last snapshot of a push that is done changes nothing', LIMIT, async () => {
  const controller = new AbortController();
  const onProgress = ({ pushed }) => pushed === 3 && controller.abort();
  const options = { signal: controller.signal, onProgress };
  assert.equal((await client.pushContacts('hubspot', contacts(3), options)).pushed, 3);
});

test('a record that is given again as it is counts each time', LIMIT, async () => {
  const same = { email: 'a@example.com' };
  const report = await client.pushContacts('hubspot', new Array(3).fill(same).values());
  assert.deepEqual([report.records, report.pushed, report.failed], [3, 1, 2]);
});

test('a dead-letter file is no source of its own push', LIMIT, async () => {
  const path = join(folder, 'people.ndjson');
  await writeFile(path, '{"email":"no address"}\n');
  const error = await rejection(client.pushContacts('hubspot', path, { deadLetter: path }));
  assert.ok(error instanceof ConfigError);
  assert.match(error.message, /dead-letter file of the same push/);
  assert.equal(await readFile(path, 'utf8'), '{"email":"no address"}\n');
});

test('an iterable that gives less than its size says has what it gave', LIMIT, async () => {
  for (const size of [10, 1e15]) {
    await sandbox.reset();
    const source = { size, [Symbol.iterator]: () => contacts(5).values() };
    const report = await client.pushContacts('hubspot', source);
    assert.deepEqual([report.records, report.pushed, report.unread], [5, 5, 0]);
  }
});

test('pushes that one error ends have a report each', LIMIT, async () => {
  const failure = new Error('upstream');
  async function* failing(count) {
    yield* contacts(count);
    throw failure;
  }
  const errors = [
    await rejection(client.pushContacts('hubspot', failing(3))),
    await rejection(client.pushContacts('zoho', failing(4))),
  ];
  assert.equal(errors[0], failure);
  assert.deepEqual(
    errors.map(({ report }) => [report.provider, report.records]),
    [
      ['hubspot', 3],
      ['zoho', 4],
    ],
  );
  assert.equal(errors[1].cause, failure);
});

test('what a source throws may throw itself when it is looked at', LIMIT, async () => {
  const evil = new Proxy(
    {},
    {
      has() {
        throw new Error('looked at');
      },
    },
  );
  function* source() {
    yield* contacts(2);
    throw evil;
  }
  const error = await rejection(client.pushContacts('hubspot', source()));
  assert.ok(error instanceof Graph8Error);
  assert.equal(error.report.pushed, 2);
});

for (const found of [[], { total: 0 }, 'no', 0, 1]) {
  test(`a look that gives ${JSON.stringify(found)} leaves the doubt`, LIMIT, async () => {
    await sandbox.failNext('close_after_write', { operation: 'push_contacts' });
    const options = { resolveUnknown: async () => found };
    const error = await rejection(client.pushContacts('hubspot', contacts(2), options));
    assert.ok(error instanceof ConfigError);
    assert.match(error.message, /resolveUnknown gave a/);
    assert.equal(error.report.unknown, 2);
  });
}

test('an abort while records in doubt are looked for rejects', LIMIT, async () => {
  await sandbox.failNext('close_after_write', { operation: 'push_contacts' });
  const controller = new AbortController();
  const resolveUnknown = () => {
    controller.abort();
    return new Promise(() => {});
  };
  const options = { resolveUnknown, signal: controller.signal };
  const error = await rejection(client.pushContacts('hubspot', contacts(2), options));
  assert.ok(error instanceof AbortedError);
  assert.equal(error.report.unknown, 2);
});

test(
  'an abort by what a record runs while it is written keeps the request back',
  LIMIT,
  async () => {
    const controller = new AbortController();
    const record = {
      email: 'a@example.com',
      toJSON() {
        controller.abort();
        return { email: 'a@example.com' };
      },
    };
    const options = { signal: controller.signal };
    const error = await rejection(client.pushContacts('hubspot', [record], options));
    assert.ok(error instanceof AbortedError);
    assert.equal(error.report.notSent, 1);
    assert.deepEqual(await held(), []);
  },
);

test('a synchronous iterator may be closed by a promise that rejects', LIMIT, async () => {
  const source = {
    [Symbol.iterator]: () => ({
      next: () => ({ value: contacts(1)[0], done: false }),
      return: () => Promise.reject(new Error('closed badly')),
    }),
  };
  const options = { deadlineMs: 300, maxFailures: 3 };
  const error = await rejection(client.pushContacts('hubspot', source, options));
  assert.ok(error instanceof Graph8Error);
  assert.ok(!(error instanceof RequestTimeoutError) || error.report.records > 0);
});

test('maps and sets of another realm are what they are here', LIMIT, async () => {
  const [map, set] = runInNewContext("[new Map([['a', 1]]), new Set(['b'])]");
  await client.pushContacts('hubspot', [{ email: 'a@example.com', company: map, city: set }]);
  const [request] = (await sandbox.requests()).filter(({ path }) => path.endsWith('/push'));
  assert.match(JSON.stringify(request.body ?? request), /"a\\?":1/);
});

test('a stream that was read already, or is locked, is told', LIMIT, async () => {
  const record = { email: 'a@example.com' };
  const drain = async (stream) => {
    for await (const _ of stream);
    return stream;
  };
  const web = () =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(record);
        controller.close();
      },
    });
  const readWeb = web();
  const reader = readWeb.getReader();
  while (!(await reader.read()).done);
  reader.releaseLock();
  const response = new Response(JSON.stringify(record));
  await response.text();
  const sources = [await drain(Readable.from([record])), readWeb, response.body];
  for (const source of sources) {
    for (const call of ['pushContacts', 'checkContacts']) {
      const error = await rejection(client[call]('hubspot', source));
      assert.ok(error instanceof Graph8Error, `${error}`);
      assert.match(error.message, /read to its end already|is locked/);
    }
  }
  const locked = web();
  locked.getReader();
  const error = await rejection(client.pushContacts('hubspot', locked));
  assert.ok(error instanceof ConfigError, `${error}`);
  assert.match(error.message, /is locked by another reader/);
  assert.deepEqual(await sandbox.requests(), []);
});

test(
  'a stream of which a part was read gives the rest, and an empty one nothing',
  LIMIT,
  async () => {
    const stream = new ReadableStream({
      start(controller) {
        for (const name of ['a', 'b']) controller.enqueue({ email: `${name}@example.com` });
        controller.close();
      },
    });
    const reader = stream.getReader();
    await reader.read();
    reader.releaseLock();
    assert.equal((await client.pushContacts('hubspot', stream)).pushed, 1);
    assert.deepEqual(await held(), ['b@example.com']);
    const empty = new ReadableStream({ start: (controller) => controller.close() });
    assert.equal((await client.pushContacts('hubspot', empty)).records, 0);
    assert.equal((await client.pushContacts('hubspot', Readable.from([]))).records, 0);
  },
);
