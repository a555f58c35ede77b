// What the log tells of itself: its state, its losses, its sealed files, and a copy of it. Offsets
// are numbers within 2^53, times microseconds since the Unix epoch.

import type { StartRequest } from './contracts.ts';
import type {
  DeadLetterEntry,
  DeadLetterPageRequest,
  DeadLetterWithPayload,
  DeadLetterWork,
  Purged,
  Reprocessed,
} from './dead-letter.ts';
import type { DiskState } from './disk-state.ts';
import type { StreamConfig } from './stream-config.ts';

export interface StreamStatus {
  readonly stream: string;
  readonly lowWatermark: number;
  readonly highWatermark: number;
  readonly sealedBytes: number;
  /** What charts of long ranges are read from, beside the segments. */
  readonly rollupBytes: number;
  /** An estimate: what is not sealed shares one file. */
  readonly hotBytes: number;
  readonly segments: number;
  readonly retention: StreamConfig['retention'];
  readonly onFull: StreamConfig['onFull'];
  /** At its hard limit. */
  readonly isFull: boolean;
  readonly readingsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** An empty stream is the default one. */
export interface ConsumerName {
  readonly stream: string;
  readonly consumer: string;
}

export interface ConsumerStatus extends ConsumerName {
  readonly isGroup: boolean;
  readonly nextOffset: number;
  readonly committedAtUs: number;
  /** When the oldest reading came that it has not committed; null where there is none, or it is not known. */
  readonly oldestUnreadUs: number | null;
  /** How fast its position moves: a mean of the last minutes. */
  readonly readingsPerSecond: number;
  /** When it begins to lose readings at the current rate; null when that is not foreseeable. */
  readonly losesDataAtUs: number | null;
  readonly isProtected: boolean;
}

export interface LogStatus {
  /** The clock by which its times are. */
  readonly nowUs: number;
  readonly problem: string | null;
  readonly streams: readonly StreamStatus[];
  readonly consumers: readonly ConsumerStatus[];
  readonly deadLetters: number;
  readonly deadLetterBytes: number;
  /** Of them, those that came within the last quarter of an hour. */
  readonly newDeadLetters: number;
  readonly series: number;
  readonly devices: number;
  /** Whose highest sequence is remembered; since the start: forgotten ones, messages sent again. */
  readonly producers: {
    readonly count: number;
    readonly forgotten: number;
    readonly duplicates: number;
  };
  /** Silent for longer than they usually are. */
  readonly staleDevices: number;
  readonly databaseBytes: number;
  readonly walBytes: number;
  readonly tailBytes: number;
  readonly segmentBytes: number;
  readonly commits: number;
  readonly commitMsP50: number;
  readonly commitMsP99: number;
  /** Since the start: payloads of the messages taken, readings decoded, readings made durable. */
  readonly payloadBytes: number;
  readonly readingsDecoded: number;
  readonly readings: number;
  /** Readings, messages or dead letters lost, by reason. */
  readonly lost: Readonly<Record<string, number>>;
  /** When something was lost for the last time, by reason: on record, as `lost` is. */
  readonly lostAtUs: Readonly<Record<string, number>>;
  readonly disk: {
    readonly freeBytes: number;
    readonly sizeBytes: number;
    readonly state: DiskState;
    /** When it will be full at the current rate, retention considered; null when that is not foreseeable. */
    readonly fullAtUs: number | null;
  };
  /** What the last start found and put right. */
  readonly recoveryFindings: number;
}

export interface LossEntry {
  /** Empty for what belongs to no stream. */
  readonly stream: string;
  /** Offsets [first, next); null where the loss is not a range of offsets. */
  readonly range: { readonly first: number; readonly next: number } | null;
  readonly count: number;
  readonly reason: string;
  readonly detail: string;
  readonly recordedAtUs: number;
}

export interface SegmentEntry {
  readonly stream: string;
  readonly firstOffset: number;
  /** Exclusive. */
  readonly nextOffset: number;
  readonly bytes: number;
  readonly firstReceivedUs: number;
  readonly lastReceivedUs: number;
  readonly sealedAtUs: number;
  /** Below the data directory, with `/`. */
  readonly path: string;
}

/** Where a page of losses begins: behind `skip` entries of those recorded at this time. */
export interface LossCursor {
  readonly recordedAtUs: number;
  readonly skip: number;
}

export interface SegmentCursor {
  readonly stream: string;
  /** Of the page's first segment, or less. */
  readonly fromOffset: number;
}

export interface LossPageRequest extends PageRequest<LossCursor> {
  readonly order: 'oldest' | 'newest';
}

/** `stream` null is all of them, `from` null the beginning. */
export interface PageRequest<Cursor> {
  readonly stream: string | null;
  readonly from: Cursor | null;
  readonly limit: number;
}

export interface Page<Entry, Cursor> {
  readonly entries: readonly Entry[];
  /** Null after the last page. */
  readonly next: Cursor | null;
}

/** The last value of one of a device's series. */
export interface LatestValue {
  readonly channel: string;
  readonly metric: string;
  readonly unit: string;
  readonly source: string;
  readonly value: number | string;
  readonly measuredAtUs: number;
  readonly receivedAtUs: number;
}

export interface DeviceEntry {
  readonly device: string;
  /** Empty until its first message after a start. */
  readonly profile: string;
  readonly firstSeenUs: number;
  readonly lastSeenUs: number;
  readonly readings: number;
  /** Null until it has spoken three times. */
  readonly usualIntervalUs: number | null;
  readonly readingsPerMinute: number | null;
  readonly isStale: boolean;
  readonly series: number;
  /** Of its first series, so many. */
  readonly latest: readonly LatestValue[];
}

/** `lastSeen` is the newest first. */
export const deviceOrders = ['firstSeen', 'name', 'lastSeen'] as const;

export type DeviceOrder = (typeof deviceOrders)[number];

/** A device that was looked at last: its number, and when it was last seen. */
export interface DeviceCursor {
  readonly number: number;
  readonly lastSeenUs: number;
}

export interface DevicePageRequest {
  /** Globs, empty for all. */
  readonly devices: readonly string[];
  /** Globs: only latest values of these, and devices that have some; empty for all. */
  readonly metrics: readonly string[];
  /** A part of the name, in any case; empty for all. */
  readonly search: string;
  readonly onlyStale: boolean;
  readonly order: DeviceOrder;
  /** The page begins behind it; null is the beginning. */
  readonly from: DeviceCursor | null;
  readonly limit: number;
}

/** May be empty and not the last. */
export interface DevicePage extends Page<DeviceEntry, DeviceCursor> {
  /** The clock by which a device is stale. */
  readonly nowUs: number;
}

/** With as many of its latest values as go into half a megabyte. */
export interface OneDevice {
  readonly nowUs: number;
  /** Null when there is none of that name. */
  readonly entry: DeviceEntry | null;
}

export interface BackupPlan {
  readonly takenAtUs: number;
  readonly files: readonly BackupFile[];
}

export interface BackupFile {
  /** Below the data directory, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** CRC-32 of the whole file as it was sealed; null where none was kept. */
  readonly crc32: number | null;
}

/** The log as AdminService sees it, from the I/O thread. Errors are MillpondErrors. */
export interface LogInspector {
  status(): Promise<LogStatus>;
  /** Throws STREAM_UNKNOWN. */
  listLosses(request: LossPageRequest): Promise<Page<LossEntry, LossCursor>>;
  /** Throws STREAM_UNKNOWN. */
  listSegments(request: PageRequest<SegmentCursor>): Promise<Page<SegmentEntry, SegmentCursor>>;
  listDevices(request: DevicePageRequest): Promise<DevicePage>;
  readDevice(name: string): Promise<OneDevice>;
  /**
   * Of a consumer or a group, as the two that follow; durable when it resolves. Makes a consumer that
   * there is not yet. Throws STREAM_UNKNOWN, CONSUMER_NAME_INVALID, CONSUMER_LIMIT, OFFSET_BEYOND_END.
   */
  seekConsumer(request: StartRequest): Promise<void>;
  /** Back to the oldest reading kept. Throws STREAM_UNKNOWN, CONSUMER_UNKNOWN. */
  resetConsumer(consumer: ConsumerName): Promise<void>;
  /** Throws STREAM_UNKNOWN, CONSUMER_UNKNOWN. */
  deleteConsumer(consumer: ConsumerName): Promise<void>;
  listDeadLetters(request: DeadLetterPageRequest): Promise<Page<DeadLetterEntry, number>>;
  /** Null when there is none of that number. */
  readDeadLetter(id: number): Promise<DeadLetterWithPayload | null>;
  reprocessDeadLetters(work: DeadLetterWork): Promise<Reprocessed>;
  purgeDeadLetters(work: DeadLetterWork): Promise<Purged>;
  /** Takes the copy's state and keeps its files until `endBackup`. Throws BACKUP_RUNNING. */
  beginBackup(): Promise<BackupPlan>;
  /** At most `bytesMax` bytes of the plan's file from `position` on; fewer only at its end. */
  readBackup(file: number, position: number, bytesMax: number): Promise<Uint8Array>;
  endBackup(): Promise<void>;
}
