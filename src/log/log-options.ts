// What a log is opened with, and what it tells of itself while it works.

import type { Clock } from '../core/clock.ts';
import type { MillpondError } from '../core/errors.ts';
import type { StreamConfig } from '../core/stream-config.ts';
import type { DatabaseSettings } from './database.ts';
import type { QuarantineLimit } from './recovery/quarantine-limit.ts';

export interface LogOptions {
  readonly directory: string;
  readonly database: DatabaseSettings;
  /** In the order in which they are asked whether they take a reading. */
  readonly streams: readonly StreamConfig[];
  readonly commitIntervalMs: number;
  /** Rows after which a hot table is closed and sealed. */
  readonly sealRows: number;
  /** Age of its first row at which a hot table is closed and sealed. */
  readonly sealAgeMs: number;
  /** What all streams may take on disk; 0 for no limit but the disk's. */
  readonly bytesMax: number;
  /** Below so much free space the disk counts as full. */
  readonly diskFreeBytesMin: number;
  /** Room that is held on the disk for the moment in which there is none. */
  readonly reserveBytes: number;
  readonly segmentCacheBytesMax: number;
  readonly tailBytesMax: number;
  readonly consumersMax: number;
  readonly producersMax: number;
  readonly seriesMax: number;
  readonly deadLettersMax: number;
  readonly deadLetterBytesMax: number;
  /** Dead letters received longer ago go; 0 for never. */
  readonly deadLetterAgeMs: number;
  readonly lossesMax: number;
  readonly quarantine: Pick<QuarantineLimit, 'trim'>;
  readonly clock: Clock;
  readonly events: LogEvents;
}

export interface LogEvents {
  committed(commit: { rows: number; deadLetters: number; ms: number }): void;
  failing(error: MillpondError | null): void;
  trimmedDeadLetters(count: number): void;
  /** A hot table became a segment. */
  sealed(sealed: { rows: number; bytes: number; ms: number }): void;
  /** Segments were dropped by retention. */
  dropped(dropped: { stream: string; segments: number; rows: number }): void;
  /** Something that whoever runs the gateway should know; the log goes on. */
  notice(error: MillpondError): void;
}
