/** The files that pushes leave behind: journals and dead letters. */

import { camelKeys } from './keys.js';
import type { Outcome } from './names.js';
import { native } from './native.js';
import { text } from './options.js';
import { resultOf } from './reply.js';
import type { JournalStatus } from './results.js';
import { callSite } from './stack.js';

/**
 * What a push's journal tells; it may be in use, and nothing need be writable.
 *
 * @param path - The journal.
 * @throws StorageError when there is no sound journal, or it can't be read.
 * @throws ConfigError when the path is empty.
 */
export async function journalStatus(path: string): Promise<JournalStatus> {
  const site = callSite(journalStatus);
  const wire = resultOf(await native.journalStatus(text('path', path)), site);
  return camelKeys(wire as Record<string, unknown>) as unknown as JournalStatus;
}

/**
 * The records of a dead-letter file for another try, in its order.
 *
 * @param path - The file.
 * @param outcomes - Which records: those whose last outcome is one of these. Default: failed ones;
 * look into the CRM before you send unknown ones again.
 * @throws StorageError when the file can't be read.
 * @throws ConfigError when the path is empty.
 */
export async function readDeadLetter(
  path: string,
  outcomes: readonly Outcome[] = ['failed'],
): Promise<unknown[]> {
  const site = callSite(readDeadLetter);
  const read = await native.readDeadLetter(text('path', path), [...outcomes].map(String));
  return resultOf(read, site) as unknown[];
}
