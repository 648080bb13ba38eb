/**
 * The caller's frames, for errors that arise long after the call. V8's own async frames lack them where
 * the promise is not awaited when the error arises: with `then`, a plain `return`, or a later await.
 */

/** Where a call was made. */
export interface CallSite {
  readonly stack?: string;
}

/**
 * Notes the frames above `method`. V8 writes them out only when they are read, so a call that goes
 * well pays next to nothing.
 */
export function callSite(
  method: ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown),
): CallSite {
  const site: CallSite = {};
  Error.captureStackTrace(site, method);
  return site;
}

/** Gives the error the frames of the call that it comes from. */
export function located<E extends Error>(error: E, site: CallSite): E {
  // With a foreign Error.prepareStackTrace it may be anything.
  const { stack } = site;
  const frames = typeof stack === 'string' ? stack.indexOf('\n    at ') : -1;
  if (stack !== undefined && frames >= 0) {
    error.stack = `${error.name}: ${error.message}${stack.slice(frames)}`;
  }
  return error;
}
