/** The course of a push: slices of the source in, the report out. */

import type { NativePush, NativeReply } from './binding.js';
import { encode, wordsOf } from './encode.js';
import { AbortedError, Graph8Error } from './errors.js';
import { abortable, errorOf, reportIn } from './reply.js';
import type { PushReport } from './results.js';
import { type Reader, type Slice, Stop } from './source.js';
import { type CallSite, located } from './stack.js';

/** How the feeding ended. */
interface Fed {
  /** The source was read to its end. */
  readonly isWhole: boolean;
  /** What was thrown on the way, in a box, since anything can be thrown. */
  readonly thrown?: { readonly error: unknown };
}

/**
 * Feeds a push from its source and gives its report. Whatever ends it, what is thrown carries the
 * report.
 */
export async function runPush(
  push: NativePush,
  reader: Reader,
  prepare: ((record: unknown) => unknown) | undefined,
  signal: AbortSignal | undefined,
  site: CallSite,
): Promise<PushReport> {
  const stop = new Stop();
  const cancel = () => {
    push.cancel();
    stop.stop();
  };
  if (signal?.aborted) cancel();
  const [fed, reply] = await abortable(signal, cancel, async () => {
    const fed = await feedAll(push, reader, prepare, signal, stop);
    if (!fed.isWhole) reader.close();
    return [fed, await push.finish(reader.left())] as const;
  });
  return ending(fed, reply, signal, site);
}

async function feedAll(
  push: NativePush,
  reader: Reader,
  prepare: ((record: unknown) => unknown) | undefined,
  signal: AbortSignal | undefined,
  stop: Stop,
): Promise<Fed> {
  for (;;) {
    if (signal?.aborted) return { isWhole: false };
    const slice = await reader.next(stop);
    const wantsMore = await feed(push, slice, prepare);
    if (wantsMore instanceof Graph8Error) return { isWhole: false, thrown: { error: wantsMore } };
    if (slice.thrown) return { isWhole: true, thrown: slice.thrown };
    if (slice.isDone) return { isWhole: true };
    if (!wantsMore) return { isWhole: false };
  }
}

async function feed(
  push: NativePush,
  slice: Slice,
  prepare: ((record: unknown) => unknown) | undefined,
): Promise<boolean | Graph8Error> {
  if (slice.records.length === 0) return true;
  const { json, rejected } = encode(prepare ? slice.records.map(prepare) : slice.records);
  const reply = await push.feed(json, rejected);
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
