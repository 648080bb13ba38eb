/** What the service tells of a CRM's connection. */

import type { PlainData } from './data.js';

/** A CRM that the organisation has connected. */
export class CrmSync {
  /** The CRM's name as the service gives it; may be one that this version does not know. */
  readonly provider: string;
  /** The connection's state, for example `connected`. */
  readonly status: string;
  /** The connection's id in graph8. */
  readonly connectionId: string | null;
  /** When it last synchronised, as the service wrote it. */
  readonly lastSyncAt: string | null;
  /** When it was connected, as the service wrote it. */
  readonly connectedAt: string | null;
  /** Keys of the answer that this version does not know. */
  readonly extra: Readonly<Record<string, unknown>>;

  /** @internal */
  static of(wire: WireCrmSync): CrmSync {
    return new CrmSync(wire);
  }

  private constructor(wire: WireCrmSync) {
    this.provider = wire.provider;
    this.status = wire.status;
    this.connectionId = wire.connection_id;
    this.lastSyncAt = wire.last_sync_at;
    this.connectedAt = wire.connected_at;
    this.extra = Object.freeze(wire.extra);
    Object.freeze(this);
  }

  /** `lastSyncAt` as a `Date`; null when it is not a date. */
  get lastSyncTime(): Date | null {
    return time(this.lastSyncAt);
  }

  /** `connectedAt` as a `Date`; null when it is not a date. */
  get connectedTime(): Date | null {
    return time(this.connectedAt);
  }

  /** The fields as a plain object. */
  toJSON(): Omit<PlainData<CrmSync>, 'lastSyncTime' | 'connectedTime'> {
    return { ...this };
  }
}

/** Whether a CRM's connection works. */
export class ConnectionStatus {
  /** The CRM. */
  readonly provider: string;
  /** Whether pushes can work now. */
  readonly connected: boolean;
  /** The connection's id in graph8. */
  readonly connectionId: string | null;
  /** The kind of CRM behind the connection. */
  readonly crmType: string | null;
  /** Why it is broken, when it is. */
  readonly message: string | null;
  /** When it last synchronised, as the service wrote it. */
  readonly lastSyncAt: string | null;
  /** Keys of the answer that this version does not know. */
  readonly extra: Readonly<Record<string, unknown>>;

  /** @internal */
  static of(wire: WireConnectionStatus): ConnectionStatus {
    return new ConnectionStatus(wire);
  }

  private constructor(wire: WireConnectionStatus) {
    this.provider = wire.provider;
    this.connected = wire.connected;
    this.connectionId = wire.connection_id;
    this.crmType = wire.crm_type;
    this.message = wire.message;
    this.lastSyncAt = wire.last_sync_at;
    this.extra = Object.freeze(wire.extra);
    Object.freeze(this);
  }

  /** `lastSyncAt` as a `Date`; null when it is not a date. */
  get lastSyncTime(): Date | null {
    return time(this.lastSyncAt);
  }

  /** The fields as a plain object. */
  toJSON(): Omit<PlainData<ConnectionStatus>, 'lastSyncTime'> {
    return { ...this };
  }
}

/** The time that the service wrote, if `Date` can read it. */
function time(written: string | null): Date | null {
  const date = written === null ? Number.NaN : Date.parse(written);
  return Number.isNaN(date) ? null : new Date(date);
}

/** A connected CRM as the addon tells it. */
export interface WireCrmSync {
  provider: string;
  status: string;
  connection_id: string | null;
  last_sync_at: string | null;
  connected_at: string | null;
  extra: Record<string, unknown>;
}

/** A connection's health as the addon tells it. */
export interface WireConnectionStatus {
  provider: string;
  connected: boolean;
  connection_id: string | null;
  crm_type: string | null;
  message: string | null;
  last_sync_at: string | null;
  extra: Record<string, unknown>;
}
