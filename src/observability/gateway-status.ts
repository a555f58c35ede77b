// The gateway's state in one piece, gathered from its parts by gateway.ts, for all that tell of it.

import type { GroupStatus } from '../core/group.ts';
import type { LogStatus } from '../core/log-inspection.ts';
import type { ConsumerReport } from './consumer-report.ts';

export interface GatewayStatus {
  readonly version: string;
  readonly startedAtUs: number;
  readonly log: LogStatus;
  readonly consumers: readonly ConsumerReport[];
  readonly groups: readonly GroupStatus[];
  readonly addresses: GatewayAddresses;
  readonly queueBytes: number;
  readonly mqttConnections: number;
  readonly serialPorts: readonly SerialPortStatus[];
  readonly subscribers: number;
  /** Readings that went out since the start: to subscribers, members of groups and browsers. */
  readonly delivered: number;
  /** Null where the system does not tell, or not yet. */
  readonly written: { readonly total: number | null; readonly perDay: number | null };
}

/** Where it listens, as host:port. */
export interface GatewayAddresses {
  readonly mqtt: string;
  readonly grpc: string;
  readonly http: string;
}

export interface SerialPortStatus {
  readonly name: string;
  readonly path: string;
  readonly isOpen: boolean;
  /** Null while all is well. */
  readonly problem: string | null;
}

/** Bytes written to the disk by reading stored; null where either is not known. */
export function writtenBytesPerReading({ log, written }: GatewayStatus): number | null {
  return written.total === null || log.readings === 0 ? null : written.total / log.readings;
}
