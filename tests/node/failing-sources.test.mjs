// Sources that fail or hang: in no process does an error of theirs go unheard, and no push waits on.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { EventEmitter, getEventListeners, once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  AbortedError,
  AuthenticationError,
  ProgressStream,
  PushStoppedError,
  RequestTimeoutError,
} from 'graph8-crm';
import { contacts, ROOT, rejection, sandboxOfFile, until } from './support.mjs';

const sandbox = await sandboxOfFile();
const client = sandbox.client({ rateLimit: false });
const folder = await mkdtemp(join(tmpdir(), 'graph8-'));
after(() => rm(folder, { recursive: true }));

// A push that hangs fails by its time-out; none of these depends on how long it takes.
const LIMIT = { timeout: 60_000 };

test('sources that fail early end no process and leave no file open', LIMIT, async () => {
  const script = join(ROOT, 'tests/node/failing-sources.mjs');
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script]);
  assert.equal(stdout, '338 pushes, nothing uncaught\n');
  // Its records have no e-mail, of which each push warns.
  const warnings =
    /\(node:\d+\) Graph8Warning: .* no_identity .*\n|\(Use `(?:node|bun) --trace-warnings.*\n/g;
  assert.equal(stderr.replaceAll(warnings, ''), '');
});

test('a stream may still fail when its push is long over', LIMIT, async () => {
  const stream = new PassThrough({ objectMode: true, autoDestroy: false });
  stream.end(contacts(1)[0]);
  assert.equal((await client.pushContacts('hubspot', stream)).pushed, 1);
  stream.emit('error', new Error('late'));
  assert.equal(stream.listenerCount('error'), 1);
  // Nor does a source of many pushes gather listeners.
  const source = Object.assign(new EventEmitter(), {
    async *[Symbol.asyncIterator]() {
      yield { email: 'emitter@example.com' };
    },
  });
  for (let pushes = 0; pushes < 12; pushes += 1) await client.pushContacts('hubspot', source);
  assert.equal(source.listenerCount('error'), 1);
});

const never = () => new Promise(() => {});

async function* hung(records) {
  yield* records;
  await never();
}

/** Sources that give some records and then nothing. */
const HUNG = {
  generator: (records) => hung(records),
  iterator: (records) => {
    const left = records.values();
    const next = () => {
      const step = left.next();
      return step.done ? never() : Promise.resolve(step);
    };
    return { [Symbol.asyncIterator]: () => ({ next }) };
  },
  stream: (records) => {
    const stream = new PassThrough({ objectMode: true, highWaterMark: 1_000 });
    for (const record of records) stream.write(record);
    return stream;
  },
  'Readable.from': (records) => Readable.from(hung(records)),
  'web stream': (records) =>
    new ReadableStream({ start: (it) => records.forEach((record) => void it.enqueue(record)) }),
  'byte stream': (records) => {
    const stream = new PassThrough();
    for (const record of records) stream.write(`${JSON.stringify(record)}\n`);
    return stream;
  },
};

for (const [name, source] of Object.entries(HUNG)) {
  test(`a deadline ends a push whose ${name} hangs`, LIMIT, async () => {
    for (const count of [0, 1, 120]) {
      const records = source(contacts(count));
      const error = await rejection(client.pushContacts('hubspot', records, { deadlineMs: 300 }));
      assert.ok(error instanceof RequestTimeoutError, error.stack);
      const { report } = error;
      assert.match(report.endedEarly, /deadline/);
      // Where the machine is busy, the deadline may come before all was read.
      assert.ok(report.records <= count, report.summary);
      assert.equal(report.pushed + report.notSent + report.unknown, report.records);
    }
  });

  test(`a fatal error ends a push whose ${name} hangs`, LIMIT, async () => {
    const refused = sandbox.client({ apiKey: 'g8_test_expired' });
    for (const count of [100, 250]) {
      const error = await rejection(refused.pushContacts('hubspot', source(contacts(count))));
      assert.ok(error instanceof AuthenticationError, error.stack);
      // How much was read by then is a matter of who was faster.
      assert.ok(error.report.records >= 100 && error.report.records <= count);
    }
    // A slice, so that there is something to send while the source hangs.
    const broken = source(contacts(100).map(() => ({ email: 'not an address' })));
    const options = { onError: 'stop', batchSize: 1, concurrency: 1 };
    const error = await rejection(client.pushContacts('hubspot', broken, options));
    assert.ok(error instanceof PushStoppedError, error.stack);
    // Of a source that is waited for, no more is read than goes into the requests.
    assert.ok(error.report.records >= 1 && error.report.records <= 100);
    assert.equal(error.report.failed, 1);
    assert.notEqual(error.report.endedEarly, null);
  });

  test(`an abort ends a push whose ${name} hangs`, LIMIT, async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const pushing = rejection(client.pushContacts('hubspot', source(contacts(100)), { signal }));
    await until(async () => (await sandbox.requests()).length > 0);
    controller.abort();
    const error = await pushing;
    assert.ok(error instanceof AbortedError);
    assert.equal(error.report.records, 100);
  });
}

test('a deadline ends a push of list changes whose source hangs', LIMIT, async () => {
  const changes = hung([{ listId: 1, add: [2] }]);
  const error = await rejection(client.pushLists('hubspot', changes, { deadlineMs: 300 }));
  assert.ok(error instanceof RequestTimeoutError);
  assert.ok(error.report.records <= 1);
});

test('what ends a push reaches one that waits for a pipe', {
  ...LIMIT,
  skip: process.platform === 'win32',
}, async () => {
  const pipe = join(folder, 'pipe.ndjson');
  await promisify(execFile)('mkfifo', [pipe]);
  const signal = AbortSignal.timeout(50);
  for (const options of [{ deadlineMs: 50 }, { signal }]) {
    const error = await rejection(client.pushContacts('hubspot', pipe, options));
    assert.ok(error instanceof (options.signal ? AbortedError : RequestTimeoutError));
    assert.equal(error.report.records, 0);
  }
  // Lets go of what still waits for a writer.
  await (await open(pipe, 'r+')).close();
});

test(
  'a source that is left is told, and what it says to that is not waited for',
  LIMIT,
  async () => {
    let told = 0;
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: never,
        return() {
          told += 1;
          return never();
        },
      }),
    };
    await rejection(client.pushContacts('hubspot', source, { deadlineMs: 1 }));
    assert.equal(told, 1);
    const stream = new PassThrough();
    await rejection(client.pushContacts('hubspot', stream, { deadlineMs: 1 }));
    assert.equal(stream.destroyed, true);
    let cancelled = 0;
    const web = new ReadableStream({
      cancel() {
        cancelled += 1;
      },
    });
    await rejection(client.pushContacts('hubspot', web, { deadlineMs: 1 }));
    assert.equal(cancelled, 1);
  },
);

test('a byte stream that gives something else is closed', LIMIT, async () => {
  let closed = false;
  async function* pieces() {
    try {
      yield Buffer.from('{"email":"a@example.com"}\n');
      yield 7;
    } finally {
      closed = true;
    }
  }
  await rejection(client.pushContacts('hubspot', pieces()));
  assert.equal(closed, true);
});

test('a look for a record that hangs ends with the abort', LIMIT, async () => {
  await sandbox.failNext('close_after_write');
  const controller = new AbortController();
  const { signal } = controller;
  let looks = 0;
  const resolveUnknown = () => {
    looks += 1;
    if (looks === 1) return true;
    controller.abort();
    return never();
  };
  const options = { signal, resolveUnknown };
  const error = await rejection(client.pushContacts('hubspot', contacts(4), options));
  assert.ok(error instanceof AbortedError);
  assert.deepEqual([error.report.pushed, error.report.unknown, looks], [1, 3, 2]);
});

test(
  'a look that hangs ends with the deadline, and what it rejects with late is harmless',
  LIMIT,
  async () => {
    await sandbox.failNext('close_after_write');
    let late;
    const look = new Promise((_, reject) => {
      late = reject;
    });
    // Long enough for the one request on any machine; the look is what takes all of it.
    const options = { deadlineMs: 5_000, resolveUnknown: () => look };
    const report = await client.pushContacts('hubspot', contacts(2), options);
    assert.equal(report.unknown, 2);
    late(new Error('late'));
    await sleep(1);
  },
);

test('a push that never began ends the iteration of its progress', LIMIT, async () => {
  const begin = [
    (onProgress) => client.pushContacts('hubspott', contacts(1), { onProgress }),
    (onProgress) => client.pushContacts('hubspot', contacts(1), { onProgress, typo: 1 }),
    (onProgress) => client.pushContacts('hubspot', 7, { onProgress }),
    (onProgress) =>
      client.pushContacts('hubspot', [], { onProgress, journal: join(folder, 'no', 'journal') }),
  ];
  for (const push of begin) {
    const onProgress = new ProgressStream();
    const failed = rejection(push(onProgress));
    for await (const _ of onProgress);
    await failed;
  }
});

test('the iteration of progress may be left early, or be done twice', LIMIT, async () => {
  await sandbox.failNext('delay', { ms: 300 });
  const onProgress = new ProgressStream();
  const pushing = client.pushContacts('hubspot', contacts(3), { onProgress });
  for await (const _ of onProgress) break;
  const drain = async () => {
    for await (const _ of onProgress);
  };
  const [report] = await Promise.all([pushing, drain(), drain()]);
  assert.equal(report.pushed, 3);
});

test('calls with one signal share one listener', LIMIT, async () => {
  const warnings = [];
  const heard = (warning) => warnings.push(warning);
  process.on('warning', heard);
  await sandbox.failNext('delay', { ms: 300, count: 40 });
  const controller = new AbortController();
  const { signal } = controller;
  const calls = Array.from({ length: 20 }, (_, call) => [
    client.status('hubspot', { signal }),
    client.pushContacts('hubspot', contacts(call + 1), { signal }),
  ]).flat();
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  await calls[0];
  const rest = Promise.all(calls.slice(1).map((call) => call.catch((error) => error.name)));
  controller.abort();
  assert.ok((await rest).every((name) => typeof name !== 'string' || name === 'AbortError'));
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  await sleep(10);
  process.off('warning', heard);
  assert.deepEqual(warnings, []);
});

test('an abort before the first request is the reason that the report gives', LIMIT, async () => {
  for (const records of [contacts(250), contacts(3), hung([]), [], new Set(contacts(7))]) {
    const signal = AbortSignal.abort();
    const { report } = await rejection(client.pushContacts('hubspot', records, { signal }));
    assert.match(report.endedEarly, /cancelled/);
    assert.equal(report.notSent, report.records);
  }
  assert.deepEqual(await sandbox.requests(), []);
});

test('the bytes of requests that an abort dropped are counted', LIMIT, async () => {
  await sandbox.failNext('delay', { ms: 60_000, count: 4 });
  const controller = new AbortController();
  const { signal } = controller;
  const records = contacts(400);
  const options = { signal, concurrency: 4, batchSize: 100 };
  const pushing = rejection(client.pushContacts('hubspot', records, options));
  await until(async () => (await sandbox.requests()).length === 4);
  controller.abort();
  const { report } = await pushing;
  assert.deepEqual([report.unknown, report.requests], [400, 4]);
  const least = JSON.stringify(records).length;
  assert.ok(report.bytesSent >= least, `${report.bytesSent} of ${least}`);
});

test('an async onProgress that rejects is a warning, and is not called again', LIMIT, async () => {
  await sandbox.failNext('delay', { ms: 500 });
  let calls = 0;
  const onProgress = async () => {
    calls += 1;
    await sleep(10);
    throw new Error('a broken bar');
  };
  const warned = once(process, 'warning');
  const report = await client.pushContacts('hubspot', contacts(3), { onProgress });
  const [warning] = await warned;
  assert.deepEqual([report.pushed, calls, warning.name], [3, 1, 'Graph8Warning']);
  assert.match(warning.message, /a broken bar/);
});

test(
  'calls of an async onProgress do not overlap, and the last one tells the end',
  LIMIT,
  async () => {
    await sandbox.failNext('delay', { ms: 700 });
    let running = 0;
    const seen = [];
    const onProgress = async (progress) => {
      running += 1;
      assert.equal(running, 1);
      await sleep(250);
      seen.push(progress);
      running -= 1;
    };
    await client.pushContacts('hubspot', contacts(3), { onProgress });
    await until(() => seen.at(-1)?.pushed === 3);
    // Even one that never ends does not hold the push up.
    const others = contacts(6).slice(3);
    const report = await client.pushContacts('hubspot', others, { onProgress: never });
    assert.equal(report.pushed, 3);
  },
);
