// What a chart asks of the log and gets: the readings of one device's series in buckets of time.
// Times are microseconds since the Unix epoch, by the readings' measured time.

export interface SeriesRequest {
  /** Empty for the default one, null for all: a reading is in one alone. */
  readonly stream: string | null;
  readonly device: string;
  /** Null for all of them. */
  readonly metric: string | null;
  readonly channel: string | null;
  /** Null for the first reading that there is of them. */
  readonly fromUs: number | null;
  readonly toUs: number;
  /** Null for the smallest of the usual ones with which there are at most `pointsMax`. */
  readonly bucketUs: number | null;
  /** Of one series. */
  readonly pointsMax: number;
}

/** The range asked for, widened to whole buckets. */
export interface SeriesAnswer {
  readonly fromUs: number;
  readonly toUs: number;
  readonly bucketUs: number;
  readonly series: readonly SeriesPoints[];
}

/** One array a column, all of one length, by time. Buckets without a reading are left out. */
export interface SeriesPoints {
  readonly device: string;
  readonly channel: string;
  readonly metric: string;
  readonly unit: string;
  /** Where each bucket begins. */
  readonly timeUs: Float64Array;
  /** Readings in it, texts among them. */
  readonly count: Float64Array;
  /** NaN where it has no number. */
  readonly min: Float64Array;
  readonly mean: Float64Array;
  readonly max: Float64Array;
  /** The text measured last in it; null as a whole where the series has no texts. */
  readonly last: readonly (string | null)[] | null;
}

/** Of one answer, whatever was asked. */
export const seriesLimits = {
  pointsDefault: 1000,
  pointsMax: 10_000,
  /** Of all series together. */
  answerPointsMax: 50_000,
  seriesMax: 100,
} as const;

export interface SeriesReader {
  /** Throws REQUEST_INVALID, STREAM_UNKNOWN, DEVICE_UNKNOWN, SERIES_…, and as `LogReader`. */
  readSeries(request: SeriesRequest, signal: AbortSignal): Promise<SeriesAnswer>;
}
