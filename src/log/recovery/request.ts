// What the gateway asks of the process that looks at a database, and what that answers.

export type RecoveryRequest =
  | { readonly kind: 'check'; readonly path: string; readonly memoryBytesMax: number }
  | {
      readonly kind: 'salvage';
      readonly path: string;
      /** A new file, made with everything that can be read of the one at `path`. */
      readonly target: string;
      readonly memoryBytesMax: number;
    }
  | {
      readonly kind: 'segments';
      /** Parquet files, each to be read whole. */
      readonly paths: readonly string[];
      /** Whether the checksum is enough, and rows need not be decoded. */
      readonly isChecksumOnly: boolean;
      readonly memoryBytesMax: number;
    };

/** A sealed file that was read: offsets [first, next), dense; times in microseconds. */
export interface SegmentAnswer {
  readonly path: string;
  readonly bytes: number;
  readonly crc32: number;
  readonly first: number;
  readonly next: number;
  readonly firstReceivedUs: number;
  readonly lastReceivedUs: number;
  /** Why it is no whole segment; empty if it is one. */
  readonly problem: string;
}

export interface SegmentsAnswer {
  readonly refusal: string;
  readonly segments: readonly SegmentAnswer[];
}

export interface CheckedTable {
  readonly table: string;
  /** What reading it whole came to; empty if it could be read. */
  readonly problem: string;
  readonly rows: number;
  /** Of a table of readings: least and greatest offset. */
  readonly first: number;
  readonly last: number;
  readonly isReadings: boolean;
}

export interface CheckAnswer {
  /** Why the file does not open; empty if it does. */
  readonly refusal: string;
  readonly tables: readonly CheckedTable[];
}

export interface SalvagedTable {
  readonly table: string;
  /** Rows that the table says it has, as far as it still says so. */
  readonly rows: number;
  readonly saved: number;
}

export interface SalvageAnswer {
  readonly refusal: string;
  readonly tables: readonly SalvagedTable[];
}
