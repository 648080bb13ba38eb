/** Runs a push: slices of the source in, the report out. */

import type { NativePush, NativeReply, NativeSlice } from './binding.js';
import { CheckReport, type WireCheckReport } from './check.js';
import { messageOf, type Prepare, SliceWriter } from './encode.js';
import { AbortedError, configError, Graph8Error } from './errors.js';
import type { Telling } from './events.js';
import { release } from './flat.js';
import type { PushKind } from './names.js';
import type { Given, PushOptions } from './options.js';
import { problemsOf } from './problems.js';
import { endProgress, ProgressStream, type PushProgress, progressOf } from './progress.js';
import { ProgressView } from './progress-view.js';
import { abortable, errorOf, resultOf } from './reply.js';
import { type PushReport, reportIn } from './report.js';
import { type Reader, SLICE, type Slice, Stop } from './source.js';
import { type CallSite, located } from './stack.js';

/** How the feeding ended. */
interface Feeding {
  /** The source was read to its end. */
  readonly isWhole: boolean;
  /** What was thrown on the way, in a box, since anything can be thrown. */
  readonly thrown?: { readonly error: unknown };
}

/** How a push or a check ended. */
interface End {
  readonly feeding: Feeding;
  readonly reply: NativeReply;
}

/** A push or a check as it was asked for. */
export interface Order {
  readonly push: NativePush;
  readonly provider: string;
  readonly kind: PushKind;
  /** The core's options as JSON text. */
  readonly settings: string;
  readonly options: Given<PushOptions>;
  readonly reader: Reader;
  readonly prepare: Prepare | undefined;
  /** Publishes its events, if anybody listens. */
  readonly telling: Telling | undefined;
}

/**
 * Runs a push and gives its report. Whatever ends it, what is thrown carries the report, once it has
 * started.
 */
export async function runPush(order: Order, site: CallSite): Promise<PushReport> {
  const { feeding, reply } = await runToEnd(order, site);
  const report = ending(feeding, reply, order.options.signal, site);
  // Those about single records are in the report.
  const ofSource = report.warnings.filter(({ examples }) => examples.length === 0);
  for (const { code, field, count, message: text } of ofSource) {
    const inField = `${code} in '${field}', ${count} of ${report.records} records`;
    const what = field === null ? text : inField;
    const message = `push of ${report.kind} to ${report.provider}: ${what}; see report.warnings`;
    process.emitWarning(message, 'Graph8Warning');
  }
  return report;
}

/** Runs a check and gives what it found. */
export async function runCheck(order: Order, site: CallSite): Promise<CheckReport> {
  const { feeding, reply } = await runToEnd(order, site);
  if (feeding.thrown) throw feeding.thrown.error;
  const { signal } = order.options;
  if (signal?.aborted && (reply.error !== undefined || !feeding.isWhole)) {
    const message = 'the check was aborted by its signal';
    throw located(new AbortedError(message, { cause: signal.reason }), site);
  }
  return CheckReport.of(resultOf(reply, site) as WireCheckReport);
}

/** Feeds all records and waits for the end, which is an error only when nothing began. */
async function runToEnd(order: Order, site: CallSite): Promise<End> {
  try {
    return await run(order, site);
  } finally {
    order.telling?.end();
  }
}

async function run(order: Order, site: CallSite): Promise<End> {
  const { push, provider, kind, settings, reader, prepare } = order;
  const { signal, stopSignal, onProgress, resolveUnknown, batchSize } = order.options;
  if (signal?.aborted || stopSignal?.aborted) reader.close();
  const perRequest = typeof batchSize === 'number' && batchSize >= 1 ? batchSize : SLICE;
  const writer = new SliceWriter(Math.max(SLICE, perRequest), prepare);
  reader.perRequest?.(perRequest);
  const first = isSimple(order.options) ? reader.whole?.() : undefined;
  const only = first?.isDone && !first.thrown ? writtenIfShort(writer, first.records) : undefined;
  // Writing may have run the caller's code (a getter, a toJSON), and that may have aborted the push.
  if (only && !signal?.aborted && !stopSignal?.aborted) {
    const reply = await runWhole(order, only);
    if (reply.result !== AGAIN) return { feeding: { isWhole: true }, reply };
  } else {
    if (only) release(only);
    const started = await push.start(provider, kind, settings, reader.file);
    if (started.result === undefined) {
      reader.close();
      endProgress(onProgress);
      throw located(errorOf(started), site);
    }
  }
  const stop = new Stop();
  const cancel = () => {
    push.cancel();
    stop.stop();
  };
  if (signal?.aborted) cancel();
  if (stopSignal?.aborted) push.stop();
  if (reader.isAsync) push.ended().then(() => stop.stop());
  if (reader.left() > 0) push.expectTotal(reader.left());
  const view = order.options.progress ? new ProgressView(`${kind} to ${provider}`) : undefined;
  const reporter = view || onProgress ? new ProgressReporter(push, onProgress, view) : undefined;
  try {
    return await stoppable(order, cancel, async () => {
      const feeding = await feedAll(push, reader, writer, stop, first).catch((error: unknown) => ({
        isWhole: false,
        thrown: { error },
      }));
      if (!feeding.isWhole) reader.close();
      if (feeding.thrown)
        push.sourceFailed(`the source of the records threw ${nameOf(feeding.thrown.error)}`);
      const inDoubt = await push.drain(
        reader.left(),
        !feeding.isWhole || feeding.thrown !== undefined,
      );
      const thrown = feeding.thrown ?? (await resolveAll(push, inDoubt, resolveUnknown));
      reporter?.end();
      const reply = await push.finish();
      return { feeding: thrown ? { ...feeding, thrown } : feeding, reply };
    });
  } finally {
    reporter?.stop();
  }
}

/** Whether the push may be one call of the addon, which opens no files there. */
function isSimple(options: Order['options']): boolean {
  const { onProgress, progress, resolveUnknown, journal, deadLetter } = options;
  const { signal, stopSignal } = options;
  const apart = [onProgress, progress || undefined, resolveUnknown, journal, deadLetter];
  return apart.every((option) => option === undefined) && !signal?.aborted && !stopSignal?.aborted;
}

/** The slice, unless it is longer than a string can be: then it goes in parts. */
function writtenIfShort(writer: SliceWriter, records: readonly unknown[]): NativeSlice | undefined {
  try {
    return writer.write(records);
  } catch {
    return undefined;
  }
}

/** What kind of thing was thrown; its message may hold customers' data. */
function nameOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.name) : `a ${typeof thrown}`;
  } catch {
    return 'something';
  }
}

function runWhole(order: Order, slice: NativeSlice): Promise<NativeReply> {
  const { push, provider, kind, settings } = order;
  const run = () => {
    const ending = push.run(provider, kind, settings, slice);
    release(slice);
    return ending;
  };
  return stoppable(order, () => push.cancel(), run);
}

/** Runs `work`; while it runs, the push obeys both its signals. */
function stoppable<T>(
  { push, options: { signal, stopSignal } }: Order,
  cancel: () => void,
  work: () => Promise<T>,
): Promise<T> {
  return abortable(signal, cancel, () => abortable(stopSignal, () => push.stop(), work));
}

/** Calls resolveUnknown for each record in doubt; gives what that throws, in a box. */
async function resolveAll(
  push: NativePush,
  inDoubt: NativeReply,
  resolveUnknown: PushOptions['resolveUnknown'],
): Promise<Feeding['thrown']> {
  if (typeof resolveUnknown !== 'function' || inDoubt.result === undefined) return undefined;
  const problems = problemsOf(inDoubt.result);
  if (problems.length === 0) return undefined;
  const stop = new Stop();
  push.interrupted().then(() => stop.stop());
  try {
    for (const problem of problems) {
      if (push.isInterrupted()) return undefined;
      const found = await stop.wait(Promise.resolve(resolveUnknown(problem)));
      if (found === null || found === undefined) continue;
      if (typeof found !== 'boolean') {
        throw configError(
          `resolveUnknown gave a ${typeof found} for record ${problem.index}: return true when the record is in the CRM, false when it is not, null when that is not known`,
        );
      }
      push.resolve(problem.index, found);
    }
  } catch (error) {
    return { error };
  }
  return undefined;
}

const PROGRESS_INTERVAL_MS = 100;

/** Gives snapshots to a function of the caller's, whose errors must not harm the push. */
class ProgressReporter {
  readonly #timer: NodeJS.Timeout;
  /** The call under way. */
  #call: Promise<void> | undefined;
  #hasFailed = false;

  constructor(
    private readonly push: NativePush,
    private readonly onProgress: PushOptions['onProgress'],
    private readonly view: ProgressView | undefined,
  ) {
    this.#timer = setInterval(() => {
      const snapshot = this.#look();
      if (snapshot && !this.#call) this.#report(snapshot);
    }, PROGRESS_INTERVAL_MS);
  }

  /** Gives the last snapshot, after a call under way. */
  end(): void {
    const last = this.#look();
    if (last && this.#call) this.#call.then(() => this.#report(last));
    else if (last) this.#report(last);
    this.stop();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.view?.end();
    endProgress(this.onProgress);
  }

  /** A snapshot, which shows itself where that is asked for. */
  #look(): PushProgress | undefined {
    const text = this.push.progress();
    if (text === null || text === undefined) return undefined;
    const snapshot = progressOf(text);
    this.view?.show(snapshot);
    return snapshot;
  }

  #report(progress: PushProgress): void {
    if (this.#hasFailed || !this.onProgress) return;
    if (this.onProgress instanceof ProgressStream) this.onProgress.push(progress);
    else this.#call = this.#handOver(progress, this.onProgress);
  }

  async #handOver(
    progress: PushProgress,
    onProgress: (progress: PushProgress) => unknown,
  ): Promise<void> {
    try {
      await onProgress(progress);
    } catch (error) {
      this.#hasFailed = true;
      const message = `onProgress threw and is not called again: ${messageOf(error)}`;
      process.emitWarning(message, 'Graph8Warning');
    }
    this.#call = undefined;
  }
}

async function feedAll(
  push: NativePush,
  reader: Reader,
  writer: SliceWriter,
  stop: Stop,
  first: Slice | undefined,
): Promise<Feeding> {
  // The next slice is read and written while the one before is taken in.
  let previous: Promise<boolean | Graph8Error> = Promise.resolve(true);
  let taken = first;
  for (;;) {
    // What was taken from the source already must be counted, and so it is fed all the same.
    const isStopped = stop.isStopped && !taken;
    const slice = isStopped ? NO_MORE : (taken ?? (await reader.next(stop, writer.most)));
    taken = undefined;
    const feeding = feeder(push, slice, writer);
    const before = await previous;
    if (before instanceof Graph8Error) return { isWhole: false, thrown: { error: before } };
    // Even when the push has ended: its report counts all that was read.
    previous = feeding();
    if (slice.thrown || slice.isDone || isStopped || !before) {
      const wantsMore = await previous;
      if (wantsMore instanceof Graph8Error) return { isWhole: false, thrown: { error: wantsMore } };
      if (slice.thrown) return { isWhole: true, thrown: slice.thrown };
      return { isWhole: slice.isDone };
    }
  }
}

/** In place of the next slice once the push was stopped. */
const NO_MORE: Slice = { records: [], isDone: false };

/** Writes the slice's records now, and gives what feeds them. */
function feeder(
  push: NativePush,
  slice: Slice,
  writer: SliceWriter,
): () => Promise<boolean | Graph8Error> {
  const { records, text, tables, isFile, rows, isDone, thrown } = slice;
  if (isFile) return async () => answered(await push.feedSource());
  if (rows) return async () => answered(await push.feedRows(rows));
  if (text) return async () => answered(await push.feedBytes(text, isDone || thrown !== undefined));
  const feedRecords = records.length === 0 ? async () => true : feederOf(push, slice, writer);
  if (!tables) return feedRecords;
  return async () => {
    let wantsMore = await feedRecords();
    for (const table of tables) {
      if (wantsMore !== true) break;
      wantsMore = answered(await push.feedTable(table));
    }
    return wantsMore;
  };
}

function feederOf(
  push: NativePush,
  { records, isFleeting }: Pick<Slice, 'records' | 'isFleeting'>,
  writer: SliceWriter,
): () => Promise<boolean | Graph8Error> {
  let written: NativeSlice;
  try {
    written = isFleeting ? writer.writeForGood(records) : writer.write(records);
  } catch (error) {
    // Longer than a string can be.
    if (records.length === 1) throw error;
    const half = records.length >>> 1;
    const parts = [records.slice(0, half), records.slice(half)];
    return async () => {
      let wantsMore: boolean | Graph8Error = true;
      for (const part of parts) {
        wantsMore = await feederOf(push, { records: part }, writer)();
        if (wantsMore instanceof Graph8Error) break;
      }
      return wantsMore;
    };
  }
  return async () => {
    const feeding = push.feed(written);
    release(written);
    const reply = await feeding;
    if (reply.result !== AGAIN) return answered(reply);
    return answered(await push.feed(writer.writeCarefully(records)));
  };
}

/** The addon's answer when it needs the slice written record by record. */
const AGAIN = '"again"';

function answered(reply: NativeReply): boolean | Graph8Error {
  return reply.result === undefined ? errorOf(reply) : reply.result === 'true';
}

function ending(
  feeding: Feeding,
  reply: NativeReply,
  signal: AbortSignal | undefined,
  site: CallSite,
): PushReport {
  const report = reportIn(reply);
  if (feeding.thrown) throw withReport(feeding.thrown.error, report, site);
  const wasStopped = signal?.aborted === true && (reply.error !== undefined || !feeding.isWhole);
  if (wasStopped) {
    const done = report ? ` after ${report.records - report.notSent} records` : '';
    const last = reply.error === undefined ? null : errorOf(reply).lastFailure;
    const failure = last === null ? '' : `; the last try failed: ${last}`;
    const message = `the push was aborted by its signal${done}: see the report for each record${failure}`;
    throw located(
      new AbortedError(message, { cause: signal.reason, report, lastFailure: last }),
      site,
    );
  }
  if (reply.error !== undefined || !report) throw located(errorOf(reply, { report }), site);
  return report;
}

/** Errors that carry a report already: one error object may end several pushes. */
const carriers = new WeakSet<object>();

/** What the source threw, with the report on it; in an error of ours when it takes none. */
function withReport(thrown: unknown, report: PushReport | null, site: CallSite): unknown {
  if (typeof thrown === 'object' && thrown !== null && !carriers.has(thrown)) {
    try {
      // The source may have made a push of its own that failed: its report must not be lost.
      const inner = 'report' in thrown ? thrown.report : undefined;
      const property = { configurable: true, writable: true };
      Object.defineProperty(thrown, 'report', { ...property, value: report });
      if (inner) Object.defineProperty(thrown, 'innerReport', { ...property, value: inner });
      carriers.add(thrown);
      return thrown;
    } catch {
      // Frozen, or it throws itself: it becomes the cause below.
    }
  }
  const message = `the source of the records threw: ${messageOf(thrown)}`;
  return located(new Graph8Error(message, { cause: thrown, report }), site);
}
