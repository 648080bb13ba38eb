/** How the addon's replies become values and errors. */

import type { NativeCall, NativeReply } from './binding.js';
import { AbortedError, errorFromWire, Graph8Error, type WireError } from './errors.js';
import type { PushReport } from './report.js';
import { type CallSite, located } from './stack.js';

/** The result of a call that is no push, or its error thrown. */
export function resultOf(
  reply: NativeReply,
  site: CallSite,
  read: (json: string) => unknown = JSON.parse,
): unknown {
  if (reply.result === undefined) throw located(errorOf(reply), site);
  return read(reply.result);
}

/** What was built, or the error thrown that says why it was not. */
export function checked<T extends object>(built: T | NativeReply, site: CallSite): T {
  if ('error' in built) throw located(errorOf(built as NativeReply), site);
  return built as T;
}

/** The error in a reply. */
export function errorOf(
  reply: NativeReply,
  more: { report?: PushReport | null; cause?: unknown } = {},
): Graph8Error {
  if (reply.error === undefined) {
    return new Graph8Error('the addon gave neither result nor error: reinstall graph8-crm', more);
  }
  return errorFromWire(JSON.parse(reply.error) as WireError, more);
}

/** What each signal's abort stops: one listener per signal, since Node warns of a leak from eleven on. */
const stoppedBy = new WeakMap<EventTarget, Set<() => void>>();

function stopAll({ target }: Event): void {
  for (const cancel of (target && stoppedBy.get(target)) ?? []) cancel();
}

/** Runs `work`; while it runs, the signal's abort runs `cancel`. */
export async function abortable<T>(
  signal: AbortSignal | undefined,
  cancel: () => void,
  work: () => Promise<T>,
): Promise<T> {
  if (!signal) return work();
  const calls = stoppedBy.get(signal) ?? new Set();
  stoppedBy.set(signal, calls.add(cancel));
  // The same listener is added only once.
  signal.addEventListener('abort', stopAll);
  try {
    return await work();
  } finally {
    calls.delete(cancel);
    if (calls.size === 0) signal.removeEventListener('abort', stopAll);
  }
}

/** Makes a read's request and gives its result. */
export async function runRead(
  call: NativeCall,
  signal: AbortSignal | undefined,
  site: CallSite,
): Promise<unknown> {
  const aborted = (lastFailure: string | null = null) => {
    const failure = lastFailure === null ? '' : `; the last try failed: ${lastFailure}`;
    const fields = { cause: signal?.reason, lastFailure };
    return located(new AbortedError(`the call was aborted by its signal${failure}`, fields), site);
  };
  if (signal?.aborted) throw aborted();
  const reply = await abortable(
    signal,
    () => call.cancel(),
    () => call.run(),
  );
  // An answer that was there before the abort counts.
  if (signal?.aborted && reply.result === undefined) throw aborted(errorOf(reply).lastFailure);
  return resultOf(reply, site);
}
