/**
 * Pushes contacts, companies and list changes into HubSpot, Salesforce, Pipedrive, Zoho and
 * SugarCRM through graph8, and accounts for every record.
 *
 * @packageDocumentation
 */

// First of all: where nothing else of Node's can be loaded, it says what to do.
import './native.js';

export type { AddedToList, NotAdded } from './added-to-list.js';
export {
  type CheckProblem,
  CheckReport,
  type Example,
  type FieldProfile,
  type Finding,
  type ValueKind,
} from './check.js';
export { Client } from './client.js';
export { ConnectionStatus, CrmSync } from './connections.js';
export type { PlainData } from './data.js';
export {
  AbortedError,
  type AnyGraph8Error,
  AuthenticationError,
  ConfigError,
  ConnectionFailedError,
  type ErrorFields,
  type ErrorKind,
  Graph8Error,
  InternalError,
  InvalidAnswerError,
  InvalidRequestError,
  NotAllPushedError,
  NotConnectedError,
  PaymentRequiredError,
  PermissionDeniedError,
  PushStoppedError,
  RateLimitedError,
  RequestTimeoutError,
  reportOf,
  ServerError,
  SourceError,
  StorageError,
  UpstreamCrmError,
} from './errors.js';
export type {
  BatchEvent,
  LostEvent,
  PacingEvent,
  PushEndedEvent,
  PushEvent,
  PushStartedEvent,
  RequestEvent,
  StopEvent,
  WaitEvent,
} from './events.js';
export { ExactNumber } from './exact-number.js';
export {
  Field,
  type FieldKind,
  Fields,
  type SchemaOptions,
  type Suggestion,
  Suggestions,
} from './fields.js';
export { type JournalStatus, journalStatus, readDeadLetter } from './files.js';
export { FoundContacts } from './found.js';
export {
  ENTITY_TYPES,
  type EntityType,
  type FindingCode,
  type FixKind,
  isProvider,
  type Outcome,
  PROVIDERS,
  type Provider,
  type PushKind,
  type Severity,
} from './names.js';
export type {
  ArrowTable,
  CallOptions,
  CheckOptions,
  ClientOptions,
  CompanyRecord,
  ContactRecord,
  CrmRecord,
  CsvPath,
  Found,
  Graph8CompaniesQuery,
  Graph8ContactsQuery,
  ListChange,
  ListMembers,
  ListPushOptions,
  NdjsonPath,
  PushOptions,
  RecordOptions,
  RecordSource,
  Renaming,
  SentRecord,
  Source,
  TableOrFile,
  Untyped,
  WebStream,
} from './options.js';
export {
  type MessageCount,
  type MessageGroup,
  Problem,
  type ProblemData,
  type ReportDataOptions,
  Skip,
  type SkipData,
} from './problems.js';
export { ProgressStream, type PushProgress, type Wait } from './progress.js';
export type {
  CompanyRecords,
  ContactRecords,
  HubspotCompany,
  HubspotContact,
  HubspotDeal,
  HubspotLead,
  PipedriveCompany,
  PipedriveContact,
  PipedriveDeal,
  PipedriveLead,
  SalesforceCompany,
  SalesforceContact,
  SalesforceDeal,
  SalesforceLead,
  SugarcrmCompany,
  SugarcrmContact,
  SugarcrmDeal,
  SugarcrmLead,
  ZohoCompany,
  ZohoContact,
  ZohoDeal,
  ZohoLead,
} from './records.js';
export {
  type MergeOptions,
  PushReport,
  type ReportData,
  type RequestLine,
} from './report.js';
export {
  type Graph8Field,
  type Graph8Row,
  Graph8Rows,
  type Graph8Takes,
  graph8Fields,
} from './rows.js';
export {
  type CustomField,
  type FaultOptions,
  type Faults,
  type RateLimit,
  Sandbox,
  type SandboxList,
  type SandboxOptions,
  type SandboxRecord,
  type SandboxRequest,
  type Siblings,
  startSandbox,
} from './sandbox.js';
