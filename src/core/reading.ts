// The reading, in the two shapes it has inside: one at a time as decoded, in columns as kept.

/** How far a reading's time can be trusted; numbers as in proto/millpond/v1/reading.proto. */
export const Quality = {
  good: 1,
  clockSuspect: 2,
  retained: 3,
  redelivered: 4,
} as const;

export type Quality = (typeof Quality)[keyof typeof Quality];

const qualityNames = new Map<number, string>(
  Object.entries(Quality).map(([name, number]) => [number, name]),
);

/** For people and for JSON; any number may come over the wire. */
export function qualityName(quality: number): string {
  return qualityNames.get(quality) ?? (quality === 0 ? 'unspecified' : String(quality));
}

/** What a series is made of. `channel` and `unit` are empty where there is none. */
export interface SeriesKey {
  readonly device: string;
  readonly channel: string;
  readonly metric: string;
  readonly unit: string;
  readonly source: string;
}

/** One value as the decoder found it. */
export interface DecodedReading {
  readonly device: string;
  readonly channel: string;
  readonly metric: string;
  readonly unit: string;
  /** A finite number, or a text. */
  readonly value: number | string;
  /** Microseconds since the Unix epoch; equals `receivedAtUs` where the device sent no usable time. */
  readonly measuredAtUs: number;
  readonly quality: Quality;
}

/**
 * Rows of one stream in offset order, one array a column, all of length `count`.
 * Times are microseconds since the Unix epoch. `number` is NaN exactly where `text` is not null;
 * `text` is null as a whole when no row has a text.
 */
export interface ReadingColumns {
  readonly count: number;
  readonly offset: BigInt64Array;
  readonly series: Int32Array;
  readonly measuredAtUs: BigInt64Array;
  readonly receivedAtUs: BigInt64Array;
  readonly number: Float64Array;
  readonly text: readonly (string | null)[] | null;
  readonly quality: Uint8Array;
}
