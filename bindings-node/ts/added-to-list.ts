/** Which contacts of a push are in the list that they were to be added to. */

import { camelKeys } from './keys.js';

/** A pushed or skipped record whose contact is not known to be in the list. */
export interface NotAdded {
  /** The record's place in the input, from 0. */
  readonly index: number;
  /** Why, in a word: one of the counts of {@link AddedToList}. */
  readonly reason: 'not_found' | 'ambiguous' | 'failed' | 'unknown' | 'not_sent';
  /** Why, in a sentence. */
  readonly message: string;
}

/**
 * What became of the pushed and skipped contacts of a push that were to be added to a list.
 * `added + notFound + ambiguous + failed + unknown + notSent` is always the number of pushed and
 * skipped records. None of it changes a contact's own outcome.
 */
export interface AddedToList {
  /** The list's id in the CRM; null when it was not found, or was to be made for nobody. */
  readonly listId: string | null;
  /** The list's name, where it was named; else null. */
  readonly listName: string | null;
  /** Records whose contact is in the list now, those that were in it before among them. */
  readonly added: number;
  /** Memberships that the service counts as new. */
  readonly newMembers: number;
  /**
   * Records whose contact the CRM does not find by its e-mail address, that have none by itself, or
   * that have changed since an earlier run pushed them.
   */
  readonly notFound: number;
  /** Records whose e-mail address several contacts have. */
  readonly ambiguous: number;
  /** Records whose contact was refused. */
  readonly failed: number;
  /**
   * Records whose contact was sent to the list without a trustworthy answer. To add it again does no
   * harm.
   */
  readonly unknown: number;
  /** Records whose contact never left for the list. */
  readonly notSent: number;
  /** The records that are not added, in the order of the input; see `problemsOmitted`. */
  readonly problems: readonly NotAdded[];
  /** Records that are not added and not in `problems`, which holds 100,000. */
  readonly problemsOmitted: number;
  /** Why not every contact was tried; null when every one was. A message to read. */
  readonly endedEarly: string | null;
  /** One line: `2 of 3 in the list 'VIP'`. */
  toString(): string;
}

/** As the addon tells it; null where nobody was to be added. */
export type WireAddedToList = (Record<string, unknown> & { problems: NotAdded[] }) | null;

export function addedToListOf(wire: WireAddedToList | undefined): AddedToList | null {
  if (!wire) return null;
  const problems = Object.freeze(wire.problems.map((problem) => Object.freeze(problem)));
  const added = { ...camelKeys(wire), problems } as unknown as AddedToList;
  // Not enumerable: no part of the data, which is compared and printed.
  Object.defineProperty(added, 'toString', { value: () => lineOf(added) });
  return Object.freeze(added);
}

function lineOf(added: AddedToList): string {
  const { notFound, ambiguous, failed, unknown, notSent, listName, listId } = added;
  const records = added.added + notFound + ambiguous + failed + unknown + notSent;
  const name = listName === null ? (listId ?? '') : `'${listName}'`;
  return `${added.added} of ${records} in the list ${name}`.trimEnd();
}
