// When retention will reach what a consumer has not committed, if everything goes on at the current
// rate. Pure: retention itself decides by what is on disk, not by this.

import type { StreamRetention } from '../core/stream-config.ts';

const MICROSECONDS_PER_SECOND = 1_000_000;

/** What goes on for so long at one rate is no forecast: a year. */
const HORIZON_SECONDS = 365 * 86_400;

/** Offsets [first, next) that go together: a sealed file, or what is not sealed yet. */
export interface Span {
  readonly firstOffset: number;
  readonly nextOffset: number;
  readonly bytes: number;
  readonly lastReceivedUs: number;
}

export interface ForecastStream {
  /** All that is stored, in offset order. */
  readonly spans: readonly Span[];
  readonly highWatermark: number;
  readonly readingsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly retention: StreamRetention;
  readonly refusesWhenFull: boolean;
  /** The first offset that a protected consumer has not committed; infinite without one. */
  readonly protectedFrom: number;
  /** What may still be written before the whole directory is full; null for no limit. */
  readonly directory: { readonly roomBytes: number; readonly bytesPerSecond: number } | null;
  readonly nowUs: number;
}

export interface ForecastConsumer {
  readonly nextOffset: number;
  /** How fast its position moves. */
  readonly readingsPerSecond: number;
}

/**
 * Tells of any consumer of the stream when it begins to lose readings: now at the latest if it already
 * does. Null when that is not foreseeable: nothing limits the stream within a year, or it reads fast enough.
 * Protected positions count as standing still.
 */
export function forecastLosses(
  stream: ForecastStream,
): (consumer: ForecastConsumer) => number | null {
  const drops = secondsToDrops(stream);
  return (consumer) => {
    const seconds = secondsToLoss(stream, drops, consumer);
    if (seconds > HORIZON_SECONDS) return null;
    return Math.round(stream.nowUs + seconds * MICROSECONDS_PER_SECOND);
  };
}

/** When each span goes. They go in order: a later one never before an earlier one. */
function secondsToDrops(stream: ForecastStream): number[] {
  let bytesFrom = stream.spans.reduce((sum, { bytes }) => sum + bytes, 0);
  let bytesBefore = 0;
  let latest = 0;
  return stream.spans.map((span) => {
    latest = Math.max(latest, secondsToDrop(stream, span, { bytesFrom, bytesBefore }));
    bytesFrom -= span.bytes;
    bytesBefore += span.bytes;
    return latest;
  });
}

function secondsToLoss(
  stream: ForecastStream,
  drops: readonly number[],
  consumer: ForecastConsumer,
): number {
  for (let index = firstWanted(stream.spans, consumer); index < drops.length; index++) {
    const dropped = drops[index] as number;
    if (dropped === Number.POSITIVE_INFINITY) return dropped;
    const position = consumer.nextOffset + consumer.readingsPerSecond * dropped;
    if (position < (stream.spans[index] as Span).nextOffset) return dropped;
  }
  return Math.max(drops.at(-1) ?? 0, secondsToComing(stream, consumer));
}

/** The index of the first span that has something the consumer has not committed. */
function firstWanted(spans: readonly Span[], { nextOffset }: ForecastConsumer): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle] as Span).nextOffset > nextOffset) high = middle;
    else low = middle + 1;
  }
  return low;
}

function secondsToDrop(
  stream: ForecastStream,
  span: Span,
  { bytesFrom, bytesBefore }: { bytesFrom: number; bytesBefore: number },
): number {
  const { retention, protectedFrom, directory, refusesWhenFull } = stream;
  const isHeld = span.nextOffset > protectedFrom;
  const untilBytes = (limit: number): number =>
    limit === 0 ? Number.POSITIVE_INFINITY : growth(limit - bytesFrom, stream.bytesPerSecond);
  const untilHard = Math.min(
    untilBytes(retention.hardBytes),
    directory === null
      ? Number.POSITIVE_INFINITY
      : growth(directory.roomBytes + bytesBefore, directory.bytesPerSecond),
  );
  // A stream that refuses keeps what it has.
  const atHard = refusesWhenFull ? Number.POSITIVE_INFINITY : untilHard;
  if (isHeld) return atHard;
  const untilAge =
    retention.ageMs === 0
      ? Number.POSITIVE_INFINITY
      : (span.lastReceivedUs - stream.nowUs) / MICROSECONDS_PER_SECOND + retention.ageMs / 1000;
  return Math.min(atHard, Math.max(0, untilBytes(retention.bytes)), Math.max(0, untilAge));
}

/** Seconds until so many bytes have come; at once if they are there already. */
function growth(bytes: number, bytesPerSecond: number): number {
  if (bytes <= 0) return 0;
  return bytesPerSecond > 0 ? bytes / bytesPerSecond : Number.POSITIVE_INFINITY;
}

/**
 * For a consumer that gets through all that is there now. What comes goes when a window of so many
 * readings lies behind it; a consumer that is slower than what comes falls back to the window's end.
 */
function secondsToComing(stream: ForecastStream, consumer: ForecastConsumer): number {
  const { readingsPerSecond: incoming } = stream;
  const slower = incoming - consumer.readingsPerSecond;
  if (slower <= 0) return Number.POSITIVE_INFINITY;
  const window = windowReadings(stream);
  const lag = Math.max(0, stream.highWatermark - consumer.nextOffset);
  // It comes too late even for the first reading that is still to come.
  if (lag * incoming > window * consumer.readingsPerSecond) return window / incoming;
  return (window - lag) / slower;
}

function windowReadings(stream: ForecastStream): number {
  const { retention, protectedFrom, directory, refusesWhenFull } = stream;
  const bytesPerReading =
    stream.readingsPerSecond > 0 ? stream.bytesPerSecond / stream.readingsPerSecond : 0;
  const ofBytes = (bytes: number): number =>
    bytes === 0 || bytesPerReading === 0 ? Number.POSITIVE_INFINITY : bytes / bytesPerReading;
  const stored = stream.spans.reduce((sum, { bytes }) => sum + bytes, 0);
  const hard = refusesWhenFull
    ? Number.POSITIVE_INFINITY
    : Math.min(
        ofBytes(retention.hardBytes),
        directory === null ? Number.POSITIVE_INFINITY : ofBytes(directory.roomBytes + stored),
      );
  // A protected consumer that stands still holds all that comes after it.
  if (protectedFrom !== Number.POSITIVE_INFINITY) return hard;
  const ofAge =
    retention.ageMs === 0
      ? Number.POSITIVE_INFINITY
      : (stream.readingsPerSecond * retention.ageMs) / 1000;
  return Math.min(hard, ofBytes(retention.bytes), ofAge);
}
