// The contracts between the parts: who promises what to whom. Implementations live in their
// folders; gateway.ts and log-thread.ts introduce them to one another.

import type { MillpondError } from './errors.ts';
import { frameFaults, type RawMessage } from './raw-message.ts';
import type { DecodedReading } from './reading.ts';

/**
 * Called once for each accepted message: with null after the fsync of the commit that holds its
 * readings or its dead letter, with an error when it could not be stored. In the order of accept.
 * STREAM_FULL, for a message that is refusable, means that nothing of it was stored and that it may
 * be offered again; what was accepted behind it may be stored all the same.
 */
export type Settled = (error: MillpondError | null) => void;

/** The way into the log, for every source. It copies what it keeps before it returns. */
export interface Intake {
  accept(message: RawMessage, settled: Settled): void;
  /** True while more is queued than log.queueBytesMax: a source that can should stop reading. */
  readonly isFull: boolean;
  /** Calls once as soon as isFull is false (at once when it is). */
  onceDrained(resume: () => void): void;
}

/** A way in. `stop` first takes nothing more, then resolves when all it accepted is settled. */
export interface Source {
  /** Resolves with the real address once it accepts connections. */
  start(): Promise<string>;
  stop(): Promise<void>;
}

/** Why a value or a message did not become a reading though nothing was wrong with its form. */
export const dropReasons = [
  'sentinel',
  'out_of_range',
  'not_a_number',
  'null_value',
  'broker_traffic',
  'ignored_topic',
  'ignored_field',
  'empty_payload',
  'duplicate',
  'no_measurement',
  /** The device itself says that the value is bad or stale. */
  'bad_quality',
  /** A kind of value that makes no reading: a table, a file, a template. */
  'unsupported_type',
  /** Messages of the device are missing before this one, which is none the worse. */
  'sequence_gap',
] as const;

export type DropReason = (typeof dropReasons)[number];

/** Why a message (or a part of it) went to the dead letters. */
export const deadLetterReasons = [
  'invalid_json',
  'invalid_utf8',
  'invalid_number',
  'wrong_type',
  'out_of_range',
  'too_deep',
  'too_many_readings',
  'name_too_long',
  'name_invalid',
  ...frameFaults,
  /** A binary or a text that breaks the rules of its own protocol. */
  'malformed',
  /** A version or a part of a protocol that must be understood and is not. */
  'unsupported',
  'encrypted',
  /** Only an alias, and the birth that says what it stands for was not seen. */
  'alias_unknown',
  'no_profile',
  'series_limit',
  'decoder_fault',
] as const;

export type DeadLetterReason = (typeof deadLetterReasons)[number];

/** What decoding made of one message. */
export interface Decoded {
  /** The profile's name; empty when none matched. */
  readonly profile: string;
  readonly readings: readonly DecodedReading[];
  /** Values that were left out, by reason, for the metrics. */
  readonly dropped: readonly DropReason[];
  /** Set when the message, or a part of it, must be kept as a dead letter. */
  readonly deadLetter: { readonly reason: DeadLetterReason; readonly detail: string } | null;
  /** Set where data came that no birth explains: the MQTT topic on which its node can be asked for one. */
  readonly rebirthTopic?: string;
}

/** Pure and total: never throws, never takes longer for a hostile payload than its size explains. */
export interface Decoder {
  decode(message: RawMessage): Decoded;
}

/** Which readings a subscriber wants; globs, empty for all. */
export interface ReadingFilter {
  readonly devices: readonly string[];
  readonly metrics: readonly string[];
}

/** What a message holds: protobuf with one field for each row, Arrow's columns, or the text of server-sent events. */
export type DeliveryFormat = 'rows' | 'arrow' | 'sse';

/** Those that go over gRPC. */
export type GrpcFormat = Exclude<DeliveryFormat, 'sse'>;

export interface FetchRequest {
  readonly stream: string;
  /** The first offset wanted. */
  readonly from: number;
  /** Read no further than this offset; null to follow. */
  readonly until: number | null;
  readonly filter: ReadingFilter | null;
  readonly format: DeliveryFormat;
  /** Most readings in one message. */
  readonly batchReadingsMax: number;
  /** Most encoded bytes in all messages together. */
  readonly bytesMax: number;
  /** How long to wait for readings when there are none, milliseconds. */
  readonly waitMs: number;
}

interface FetchOutcome {
  /** Offsets [first, next) that are gone, before the messages' readings. */
  readonly gap: { readonly first: number; readonly next: number; readonly reason: string } | null;
  /** Number of readings in the messages. */
  readonly readings: number;
  /** Everything before it was looked at: where to read on. */
  readonly next: number;
  readonly highWatermark: number;
}

/** As it leaves the log thread: messages are ranges [start, end) of one buffer to be transferred. */
export interface EncodedFetch extends FetchOutcome {
  readonly buffer: ArrayBuffer;
  readonly ranges: readonly number[];
}

export interface FetchResult extends FetchOutcome {
  /** Encoded messages of the format asked for, views on one buffer that the caller owns. */
  readonly messages: readonly Uint8Array[];
}

/** Where a subscription starts and, for `stop_at_end`, ends. */
export interface StartRequest {
  readonly stream: string;
  readonly consumer: string;
  readonly start:
    | { readonly kind: 'offset'; readonly offset: number }
    | { readonly kind: 'time'; readonly timeUs: number }
    | { readonly kind: 'earliest' }
    | { readonly kind: 'latest' };
}

/** The log as the ways out see it, from the I/O thread. Errors are MillpondErrors. */
export interface LogReader {
  /** Throws STREAM_UNKNOWN, OFFSET_BEYOND_END, CONSUMER_NAME_INVALID. */
  resolveStart(request: StartRequest): Promise<{ from: number; highWatermark: number }>;
  /** Waits at most `waitMs` or until the signal aborts, then gives what there is. */
  fetch(request: FetchRequest, signal: AbortSignal): Promise<FetchResult>;
  /** Resolves with the stored offset after the fsync. */
  commit(stream: string, consumer: string, nextOffset: number): Promise<number>;
  /** The log thread's metrics in Prometheus' text format. */
  metrics(): Promise<string>;
}
