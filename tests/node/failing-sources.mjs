// Pushes sources that fail early, in every situation that leaves them unread. An error that reaches
// nobody ends the process, so the last line is the proof. Runs in any runtime that loads the package.
import {
  createReadStream,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Duplex, PassThrough, pipeline, Readable, Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

const { reportOf, startSandbox } = createRequire(import.meta.url)('graph8-crm');

const folder = mkdtempSync(join(tmpdir(), 'graph8-'));
const missing = join(folder, 'none.csv');
const there = join(folder, 'people.csv');
writeFileSync(there, 'email\na@example.com\n"b@example.com\n');

/** A parser that fails at the second line, as one of CSV does. */
function parser() {
  return new Transform({
    readableObjectMode: true,
    transform: (_chunk, _encoding, done) => done(new Error('a quote is missing')),
  });
}

function malformed() {
  const stream = parser();
  stream.end('email\n"b@example.com\n');
  return stream;
}

async function* around(stream) {
  yield* stream;
}

function failing() {
  const stream = new PassThrough({ objectMode: true });
  process.nextTick(() => stream.destroy(new Error('gone')));
  return stream;
}

async function failed() {
  const stream = new PassThrough({ objectMode: true });
  const seen = new Promise((resolve) => stream.once('error', resolve));
  stream.destroy(new Error('gone before'));
  await seen;
  return stream;
}

export const SOURCES = {
  'missing file': () => createReadStream(missing),
  'missing file, lines': () => createReadStream(missing, 'utf8'),
  malformed,
  'pipeline into a parser': () => pipeline(createReadStream(there), parser(), () => {}),
  'pipeline from a missing file': () =>
    pipeline(createReadStream(missing), new PassThrough(), () => {}),
  construct: () => new Readable({ construct: (done) => done(new Error('no disk')), read() {} }),
  'construct, later': () =>
    new Readable({ construct: (done) => setTimeout(done, 5, new Error('no disk')), read() {} }),
  'next tick': failing,
  'destroyed with an error': () => new PassThrough({ objectMode: true }).destroy(new Error('x')),
  'destroyed without': () => new PassThrough({ objectMode: true }).destroy(),
  'failed before': failed,
  'generator around a missing file': () => around(createReadStream(missing)),
  'generator around a parser': () => around(malformed()),
  'generator around a generator': () => around(around(failing())),
  'Readable.from a generator': () => Readable.from(around(createReadStream(missing))),
  'Readable.from a failing iterator': () =>
    Readable.from({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('x')) }),
    }),
  'Duplex.from': () => Duplex.from(around(failing())),
  'mapped stream': () => failing().map((record) => record),
  'iterator of a stream': () => failing()[Symbol.asyncIterator](),
  'web stream of a missing file': () => Readable.toWeb(createReadStream(missing)),
  'web stream': () => new ReadableStream({ start: (it) => it.error(new Error('x')) }),
  'web stream, later': () =>
    new ReadableStream({ pull: () => sleep(5).then(() => Promise.reject(new Error('x'))) }),
  'generator around a web stream': () =>
    around(new ReadableStream({ start: (it) => it.error(new Error('x')) })),
  'iterator that rejects': () => ({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('x')) }),
  }),
  'iterator that throws': () => ({
    [Symbol.asyncIterator]: () => ({
      next() {
        throw new Error('x');
      },
      return() {
        throw new Error('y');
      },
    }),
  }),
  'iterator whose end rejects': () => ({
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise((_, reject) => setTimeout(reject, 30, new Error('late'))),
      return: () => Promise.reject(new Error('y')),
    }),
  }),
};

const sandbox = await startSandbox();
const client = sandbox.client({ rateLimit: false });
const closed = sandbox.client();
closed.close();

function abortedSoon() {
  const controller = new AbortController();
  queueMicrotask(() => controller.abort());
  return controller.signal;
}

const SITUATIONS = {
  'read to its end': (source) => client.pushContacts('hubspot', source),
  'as list changes': (source) => client.pushLists('hubspot', source),
  aborted: (source) => client.pushContacts('hubspot', source, { signal: AbortSignal.abort() }),
  'aborted soon': (source) => client.pushContacts('hubspot', source, { signal: abortedSoon() }),
  deadline: (source) => client.pushContacts('hubspot', source, { deadlineMs: 1 }),
  'unknown provider': (source) => client.pushContacts('hubspott', source),
  'no provider': (source) => client.pushContacts(undefined, source),
  'unknown option': (source) => client.pushContacts('hubspot', source, { typo: 1 }),
  'wrong option': (source) => client.pushContacts('hubspot', source, { batchSize: 'x' }),
  'option out of range': (source) => client.pushContacts('hubspot', source, { batchSize: 0 }),
  'unusable journal': (source) =>
    client.pushContacts('hubspot', source, { journal: join(folder, 'none', 'journal') }),
  'unusable dead letter': (source) =>
    client.pushContacts('hubspot', source, { deadLetter: join(folder, 'none', 'dead') }),
  'closed client': (source) => closed.pushContacts('hubspot', source),
};

let pushes = 0;
for (const [situation, push] of Object.entries(SITUATIONS)) {
  for (const [name, open] of Object.entries(SOURCES)) {
    try {
      const source = await open();
      const report = await push(source);
      console.log(`${name}, ${situation}: nothing thrown, ${report.summary}`);
    } catch (error) {
      const report = reportOf(error);
      if (report && report.notSent + report.failed + report.pushed !== report.records) {
        console.log(`${name}, ${situation}: ${report.summary}`);
      }
    }
    pushes += 1;
  }
}

/** Streams that would never end by themselves, one file handle each. */
const OPENED = {
  stream: () => createReadStream(there),
  'web stream': () => Readable.toWeb(createReadStream(there)),
  generator: () => around(createReadStream(there)),
  'Readable.from': () => Readable.from(around(createReadStream(there))),
  pipeline: () =>
    pipeline(createReadStream(there), new PassThrough({ objectMode: true }), () => {}),
};

function handles() {
  const open = [];
  for (const number of readdirSync('/proc/self/fd')) {
    try {
      open.push(readlinkSync(`/proc/self/fd/${number}`));
    } catch {
      // That of the listing itself.
    }
  }
  return open.filter((path) => path === there).length;
}

const isLinux = process.platform === 'linux';
for (const [situation, push] of isLinux ? Object.entries(SITUATIONS) : []) {
  for (const [name, open] of Object.entries(OPENED)) {
    for (let calls = 0; calls < 5; calls += 1) await push(open()).catch(() => {});
    let left = handles();
    for (let tries = 0; left > 0 && tries < 200; tries += 1) {
      await sleep(10);
      left = handles();
    }
    if (left > 0) console.log(`${name}, ${situation}: ${left} file handles are left`);
  }
}

// Errors that come after all is over.
await sleep(100);
await sandbox.stop();
rmSync(folder, { recursive: true });
console.log(`${pushes} pushes, nothing uncaught`);
process.exit();
