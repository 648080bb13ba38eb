/**
 * Pushes contacts, companies and list changes into HubSpot, Salesforce, Pipedrive, Zoho and
 * SugarCRM through graph8, and accounts for every record.
 *
 * @packageDocumentation
 */
export { Client } from './client.js';
export {
  AbortedError,
  AuthenticationError,
  ConfigError,
  ConnectionFailedError,
  type ErrorFields,
  type ErrorKind,
  Graph8Error,
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
  StorageError,
  UpstreamCrmError,
} from './errors.js';
export { journalStatus, readDeadLetter } from './files.js';
export type {
  CallOptions,
  ClientOptions,
  CrmRecord,
  EntityType,
  Found,
  ListChange,
  ListPushOptions,
  Provider,
  PushKind,
  PushOptions,
  Source,
} from './options.js';
export { ProgressStream } from './progress.js';
export {
  ConnectionStatus,
  CrmSync,
  Field,
  type JournalStatus,
  type MessageCount,
  type Outcome,
  Problem,
  type PushProgress,
  PushReport,
  type Wait,
} from './results.js';
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
  startSandbox,
} from './sandbox.js';
