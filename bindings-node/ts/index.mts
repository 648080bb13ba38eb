// One implementation for both module systems: `instanceof` holds however a file was loaded. Named
// one by one, since `export *` would add the names that CommonJS itself brings.
export type * from './index.js';
export {
  AbortedError,
  AuthenticationError,
  Client,
  ConfigError,
  ConnectionFailedError,
  ConnectionStatus,
  CrmSync,
  Field,
  Graph8Error,
  InvalidAnswerError,
  InvalidRequestError,
  NotConnectedError,
  PaymentRequiredError,
  PermissionDeniedError,
  Problem,
  PushReport,
  RateLimitedError,
  RequestTimeoutError,
  reportOf,
  Sandbox,
  ServerError,
  startSandbox,
  UpstreamCrmError,
} from './index.js';
