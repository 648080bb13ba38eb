/** The names that calls take and results hold. */

/** A CRM that graph8 pushes into. */
export type Provider = 'hubspot' | 'salesforce' | 'pipedrive' | 'zoho' | 'sugarcrm';

/** The CRMs that graph8 pushes into. */
export const PROVIDERS: readonly Provider[] = Object.freeze([
  'hubspot',
  'salesforce',
  'pipedrive',
  'zoho',
  'sugarcrm',
] as const);

/**
 * Whether it is the name of a CRM that graph8 pushes into: for one from outside, such as a setting.
 *
 * @param name - Anything.
 */
export function isProvider(name: unknown): name is Provider {
  return (PROVIDERS as readonly unknown[]).includes(name);
}

/** What a CRM's fields are discovered for. */
export type EntityType = 'contacts' | 'companies' | 'leads' | 'deals';

/** What a CRM's fields are discovered for, all of it. */
export const ENTITY_TYPES: readonly EntityType[] = Object.freeze([
  'contacts',
  'companies',
  'leads',
  'deals',
] as const);

/** What a push carries. */
export type PushKind = 'contacts' | 'companies' | 'lists';

/**
 * What became of a record: `pushed` (created, or the change applied), `skipped` (left out on purpose:
 * see the option `unique`), `failed` (refused; the message says why), `unknown` (sent, and no
 * trustworthy answer came), `not_sent` (it never left).
 */
export type Outcome = 'pushed' | 'skipped' | 'failed' | 'unknown' | 'not_sent';

/** What a finding means: the CRM refuses the record, or takes it, but not as it was meant. */
export type Severity = 'error' | 'warning';

/** What a check finds; docs/checking.md says what each means. */
export type FindingCode =
  | 'not_a_record'
  | 'unknown_field'
  | 'missing_required'
  | 'wrong_type'
  | 'bad_date'
  | 'invalid_email'
  | 'invalid_option'
  | 'too_long'
  | 'read_only'
  | 'surrounding_blanks'
  | 'repeated_identity'
  | 'no_identity'
  | 'number_as_float'
  | 'not_a_number'
  | 'left_out'
  | 'nothing_left'
  | 'not_looked_up'
  | 'similar_name'
  | 'new_journal'
  | 'repeated_key'
  | 'no_key';

/** What `fix` makes right; docs/checking.md has the conversions. */
export type FixKind =
  | 'blanks'
  | 'whole_float'
  | 'number_from_text'
  | 'text_from_number'
  | 'boolean_from_text'
  | 'text_from_boolean'
  | 'date'
  | 'date_time'
  | 'list_joined'
  | 'list_form'
  | 'option_label'
  | 'empty_dropped'
  | 'empty_nulled';
