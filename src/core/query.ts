// SQL over the streams: the contracts between the way out that is asked, the processes that run the
// queries, and the log that gives them its readings.

import type { PackedReadings } from './packed-readings.ts';
import type { SeriesKey } from './reading.ts';

export interface QueryAsk {
  readonly sql: string;
  readonly parameters: readonly QueryParameter[];
  readonly format: 'rows' | 'arrow';
  /** 0 for the gateway's limit, which a longer time is lowered to. */
  readonly timeLimitMs: number;
  /** The result is cut off there; infinite for no limit. */
  readonly rowsMax: number;
  readonly bytesMax: number;
  /** In place of `sql`: readings as a file. */
  readonly readings?: ReadingsAsk;
}

export const readingsFormats = ['json', 'csv', 'parquet'] as const;

export type ReadingsFormat = (typeof readingsFormats)[number];

/** Readings as a document of one format. Null is no limit. */
export interface ReadingsAsk {
  readonly format: ReadingsFormat;
  /** Empty for the default one, null for all of them, one behind the other. */
  readonly stream: string | null;
  /** Globs, any of them; empty for all. */
  readonly devices: readonly string[];
  readonly metrics: readonly string[];
  /** Measured in [from, to), microseconds. */
  readonly fromUs: number | null;
  readonly toUs: number | null;
  /** Offsets [from, to). */
  readonly fromOffset: number | null;
  readonly toOffset: number | null;
  readonly limit: number;
}

/** One without a name stands for `$1`, `$2` … by its place among those. */
export interface QueryParameter {
  readonly name: string;
  /** Null means null. */
  readonly value: ParameterValue | null;
}

export type ParameterValue =
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'integer' | 'unsigned' | 'timestampUs'; readonly value: bigint }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'blob'; readonly value: Uint8Array };

/** Where the result goes. `write` resolves when the client's flow control let the bytes out. */
export interface QuerySink {
  write(messages: readonly Uint8Array[]): Promise<void>;
}

export interface ReadingsRunner {
  /** Writes the bytes of the document. Throws as `QueryRunner`, and STREAM_UNKNOWN. */
  readings(ask: ReadingsAsk, sink: QuerySink, signal: AbortSignal): Promise<void>;
}

export interface QueryRunner {
  /**
   * Writes encoded `QueryResponse` messages until the result is delivered. Throws QUERY_…, what the
   * log throws, and the signal's reason, which ends the query.
   */
  run(ask: QueryAsk, sink: QuerySink, signal: AbortSignal): Promise<void>;
}

/** The log at one moment: its sealed files stay where they are until the snapshot is given back. */
export interface QuerySnapshot {
  readonly id: number;
  readonly streams: readonly QueryStream[];
  /** The series that readings were asked of; null for all. */
  readonly series: readonly number[] | null;
}

export interface QueryStream {
  readonly name: string;
  /** Null for a stream that the query does not name. */
  readonly content: {
    /** First offsets of the sealed files, ascending. */
    readonly segments: readonly number[];
    /** Offsets [first, next) that are not sealed. */
    readonly first: number;
    readonly next: number;
  } | null;
}

export interface QueryRowsRequest {
  readonly snapshot: number;
  readonly stream: string;
  readonly from: number;
  readonly until: number;
}

export interface QueryRowsAnswer extends PackedReadings {
  /** Where to read on. */
  readonly next: number;
  /** Series of the rows that the snapshot has not given out before. */
  readonly series: readonly { readonly id: number; readonly key: SeriesKey }[];
}

/** The log as queries see it. Throws as `LogReader`. */
export interface QueryLog {
  /**
   * Streams whose name is in `sql`, in any case, are given with their content. Where readings are asked
   * for it is of the streams asked for alone, and only what may be among them.
   */
  beginQuery(sql: string, readings: ReadingsAsk | null): Promise<QuerySnapshot>;
  readQueryRows(request: QueryRowsRequest): Promise<QueryRowsAnswer>;
  endQuery(snapshot: number): Promise<void>;
}

/** How a query ended. */
export const queryOutcomes = [
  'ok',
  'cancelled',
  'refused',
  'invalid',
  'timeout',
  'memory',
  'limit',
  'busy',
  'failed',
] as const;

export type QueryOutcome = (typeof queryOutcomes)[number];
