/** The course of a push: slices of the source in, the report out. */

import type { NativePush, NativeReply } from './binding.js';
import { encode, encodeCarefully, type Prepare, wordsOf } from './encode.js';
import { AbortedError, Graph8Error } from './errors.js';
import type { PushOptions } from './options.js';
import { ProgressStream } from './progress.js';
import { abortable, errorOf } from './reply.js';
import { type PushReport, problemsOf, progressOf, reportIn } from './results.js';
import { type Reader, type Slice, Stop } from './source.js';
import { type CallSite, located } from './stack.js';

/** How the feeding ended. */
interface Fed {
  /** The source was read to its end. */
  readonly isWhole: boolean;
  /** What was thrown on the way, in a box, since anything can be thrown. */
  readonly thrown?: { readonly error: unknown };
}

/** What a push does with the caller's functions. */
export interface Hooks {
  readonly onProgress?: PushOptions['onProgress'];
  readonly resolveUnknown?: PushOptions['resolveUnknown'];
}

/**
 * Feeds a push from its source and gives its report. Whatever ends it, what is thrown carries the
 * report.
 */
export async function runPush(
  push: NativePush,
  reader: Reader,
  prepare: Prepare | undefined,
  hooks: Hooks,
  signal: AbortSignal | undefined,
  site: CallSite,
): Promise<PushReport> {
  const stop = new Stop();
  const cancel = () => {
    push.cancel();
    stop.stop();
  };
  if (signal?.aborted) cancel();
  if (reader.left() > 0) push.expectTotal(reader.left());
  const teller = hooks.onProgress && new Teller(push, hooks.onProgress);
  try {
    const [fed, reply] = await abortable(signal, cancel, async () => {
      const fed = await feedAll(push, reader, prepare, signal, stop);
      if (!fed.isWhole) reader.close();
      const inDoubt = await push.drain(reader.left());
      const thrown = fed.thrown ?? (await resolveAll(push, inDoubt, hooks, signal));
      teller?.end();
      return [thrown ? { ...fed, thrown } : fed, await push.finish()] as const;
    });
    return ending(fed, reply, signal, site);
  } finally {
    teller?.stop();
  }
}

/** Has the caller look for the records in doubt; what that throws, in a box. */
async function resolveAll(
  push: NativePush,
  inDoubt: NativeReply,
  { resolveUnknown }: Hooks,
  signal: AbortSignal | undefined,
): Promise<Fed['thrown']> {
  if (!resolveUnknown || inDoubt.ok === undefined) return undefined;
  try {
    for (const problem of problemsOf(inDoubt.ok)) {
      if (signal?.aborted) return undefined;
      const found = await resolveUnknown(problem);
      if (found !== null && found !== undefined) push.resolve(problem.index, Boolean(found));
    }
  } catch (error) {
    return { error };
  }
  return undefined;
}

const PROGRESS_INTERVAL_MS = 100;

/** Hands snapshots to a function of the caller's, which must not harm the push. */
class Teller {
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly push: NativePush,
    private readonly onProgress: NonNullable<PushOptions['onProgress']>,
  ) {
    this.#timer = setInterval(() => this.#tell(), PROGRESS_INTERVAL_MS);
  }

  /** Gives the last snapshot; the books are closed soon. */
  end(): void {
    if (this.#isOn) this.#tell();
    this.stop();
  }

  stop(): void {
    this.#isOn = false;
    clearInterval(this.#timer);
    if (this.onProgress instanceof ProgressStream) this.onProgress.end();
  }

  #isOn = true;

  #tell(): void {
    const snapshot = this.push.progress();
    if (snapshot === null || snapshot === undefined) return;
    try {
      const progress = progressOf(snapshot);
      if (this.onProgress instanceof ProgressStream) this.onProgress.push(progress);
      else this.onProgress(progress);
    } catch (error) {
      this.stop();
      const message = `onProgress threw and is not called again: ${wordsOf(error)}`;
      process.emitWarning(message, 'Graph8Warning');
    }
  }
}

async function feedAll(
  push: NativePush,
  reader: Reader,
  prepare: Prepare | undefined,
  signal: AbortSignal | undefined,
  stop: Stop,
): Promise<Fed> {
  // The next slice is read and written while the one before is taken in.
  let previous: Promise<boolean | Graph8Error> = Promise.resolve(true);
  for (;;) {
    if (signal?.aborted) return { isWhole: false };
    const slice = await reader.next(stop);
    const feeding = feeder(push, slice, prepare);
    const before = await previous;
    if (before instanceof Graph8Error) return { isWhole: false, thrown: { error: before } };
    // Even when the push has ended: what was read must be in its books.
    previous = feeding();
    if (slice.thrown || slice.isDone || !before) {
      const wantsMore = await previous;
      if (wantsMore instanceof Graph8Error) return { isWhole: false, thrown: { error: wantsMore } };
      if (slice.thrown) return { isWhole: true, thrown: slice.thrown };
      return { isWhole: slice.isDone };
    }
  }
}

/** Writes the slice's records now, and gives what feeds them. */
function feeder(
  push: NativePush,
  { records, text, file, isDone, thrown }: Slice,
  prepare: Prepare | undefined,
): () => Promise<boolean | Graph8Error> {
  if (file !== undefined) return async () => answered(await push.feedFile(file));
  if (text) return async () => answered(await push.feedLines(text, isDone || thrown !== undefined));
  if (records.length === 0) return async () => true;
  const count = records.length;
  const { json, rejected, isCareful } = encode(records, prepare);
  return async () => {
    const reply = await push.feed(json, count, rejected, isCareful);
    if (reply.ok !== AGAIN) return answered(reply);
    const again = encodeCarefully(records, prepare);
    return answered(await push.feed(again.json, count, again.rejected, again.isCareful));
  };
}

/** The addon's answer to text that needs more care. */
const AGAIN = '"again"';

function answered(reply: NativeReply): boolean | Graph8Error {
  return reply.ok === undefined ? errorOf(reply) : reply.ok === 'true';
}

function ending(
  fed: Fed,
  reply: NativeReply,
  signal: AbortSignal | undefined,
  site: CallSite,
): PushReport {
  const report = reportIn(reply);
  if (fed.thrown) throw withReport(fed.thrown.error, report, site);
  const wasStopped = signal?.aborted === true && (reply.error !== undefined || !fed.isWhole);
  if (wasStopped) {
    const done = report ? ` after ${report.records - report.notSent} records` : '';
    const message = `the push was aborted by its signal${done}: see the report for each record`;
    throw located(new AbortedError(message, { cause: signal.reason, report }), site);
  }
  if (reply.error !== undefined || !report) throw located(errorOf(reply, { report }), site);
  return report;
}

/** What the source threw, with the report on it; in an error of ours when it takes none. */
function withReport(thrown: unknown, report: PushReport | null, site: CallSite): unknown {
  if (typeof thrown === 'object' && thrown !== null) {
    // The source may have made a push of its own that failed: its books must not be lost.
    const inner = 'report' in thrown ? thrown.report : undefined;
    try {
      const property = { configurable: true, writable: true };
      Object.defineProperty(thrown, 'report', { ...property, value: report });
      if (inner) Object.defineProperty(thrown, 'innerReport', { ...property, value: inner });
      return thrown;
    } catch {
      // Frozen: it becomes the cause below.
    }
  }
  const message = `the source of the records threw: ${wordsOf(thrown)}`;
  return located(new Graph8Error(message, { cause: thrown, report }), site);
}
