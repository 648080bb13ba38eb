/** The files that pushes leave behind: journals and dead letters. */

import { parseRecords } from './exact-number.js';
import { camelKeys } from './keys.js';
import type { Outcome } from './names.js';
import { native } from './native.js';
import { type SentRecord, text } from './options.js';
import { resultOf } from './reply.js';
import { callSite } from './stack.js';

/** What a journal tells of its push so far. */
export interface JournalStatus {
  /** The CRM that is pushed into. */
  readonly provider: string;
  /** What is pushed. */
  readonly kind: string;
  /** The service's address. */
  readonly baseUrl: string;
  /** When the first run began, RFC 3339. */
  readonly startedAt: string;
  /** When every record had been tried, RFC 3339; null before. */
  readonly finishedAt: string | null;
  /** How many runs there were. */
  readonly runs: number;
  /** Whether a push uses the journal now. */
  readonly inUse: boolean;
  /** Records of the whole source, known once the push has finished. */
  readonly records: number | null;
  /** Records created, or list changes applied. */
  readonly pushed: number;
  /** Records that were left out: the CRM had them already. */
  readonly skipped: number;
  /** Records that the service or the CRM refused. */
  readonly failed: number;
  /** Records sent without a trustworthy answer, those of open batches included. */
  readonly unknown: number;
  /** Batches that were about to leave and whose answer is not known. */
  readonly openBatches: number;
  /** The unknown records' places in the input, ascending. */
  readonly unknownIndexes: readonly number[];
  /** The failed records' places in the input, ascending. */
  readonly failedIndexes: readonly number[];
  /**
   * Of a journal of keys: the fields that are a record's key; else null. Then `pushed` counts the keys
   * that were pushed, `skipped` those that the CRM had, `unknown` those in doubt, `failed` what failed
   * in the last run, and records have no places.
   */
  readonly primaryKey: readonly string[] | null;
  /** Of a journal of keys: how many it knows; else null. */
  readonly keys: number | null;
}

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
 * The records of a dead-letter file for another try, in its order. A number whose digits JavaScript would not give
 * back is an `ExactNumber`.
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
): Promise<SentRecord[]> {
  const site = callSite(readDeadLetter);
  const read = await native.readDeadLetter(text('path', path), [...outcomes].map(String));
  return resultOf(read, site, parseRecords) as SentRecord[];
}
