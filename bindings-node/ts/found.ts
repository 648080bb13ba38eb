/** The contacts that a CRM has, by their e-mail addresses. */

/**
 * The CRM's ids of the contacts with each e-mail address, by the address as it was asked for. No ids: the CRM has
 * no such contact.
 */
export class FoundContacts extends Map<string, readonly string[]> {
  /** The addresses that no contact has. */
  get missing(): string[] {
    return [...this].filter(([, ids]) => ids.length === 0).map(([email]) => email);
  }

  /** As an object, fit for JSON. */
  toJSON(): Record<string, readonly string[]> {
    return Object.fromEntries(this);
  }
}
