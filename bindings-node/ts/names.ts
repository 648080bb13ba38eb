/** The names that calls take and results hold. */

/** A CRM that graph8 pushes into. */
export type Provider = 'hubspot' | 'salesforce' | 'pipedrive' | 'zoho' | 'sugarcrm';

/** What a CRM's fields are discovered for. */
export type EntityType = 'contacts' | 'companies' | 'leads' | 'deals';

/** What a push carries. */
export type PushKind = 'contacts' | 'companies' | 'lists';

/**
 * What became of a record: `pushed` (created, or the change applied), `skipped` (left out on purpose:
 * see the option `unique`), `failed` (refused; the message says why), `unknown` (sent, and no
 * trustworthy answer came), `not_sent` (it never left).
 */
export type Outcome = 'pushed' | 'skipped' | 'failed' | 'unknown' | 'not_sent';
