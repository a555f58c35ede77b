// The points of a series as the columns of a chart: time, lowest, highest, mean. Where the device was
// silent the line is broken.
import type { Bucket, ReadingEvent, Series } from '../../api/answers.ts';

export interface NumberPoint {
  readonly ms: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  readonly count: number;
}

export interface TextPoint {
  readonly ms: number;
  readonly text: string;
}

/** One that a chart draws, or a list of states; by what it has more of. */
export interface DrawnSeries {
  readonly key: string;
  readonly channel: string;
  readonly metric: string;
  readonly unit: string;
  readonly numbers: readonly NumberPoint[];
  readonly texts: readonly TextPoint[];
}

interface SeriesName {
  readonly channel: string;
  readonly metric: string;
  readonly unit: string;
}

export function seriesKey({ channel, metric, unit }: SeriesName): string {
  return JSON.stringify([channel, metric, unit]);
}

const nothing: readonly never[] = [];

/** Always with the same arrays, so that a chart of it is not fed again and again. */
export function emptySeries({ channel, metric, unit }: SeriesName): DrawnSeries {
  return {
    key: seriesKey({ channel, metric, unit }),
    channel,
    metric,
    unit,
    numbers: nothing,
    texts: nothing,
  };
}

export function drawnSeries(series: Series): DrawnSeries {
  const { channel, metric, unit, points } = series;
  return {
    key: seriesKey(series),
    channel,
    metric,
    unit,
    numbers: points.flatMap(numberPoint),
    texts: points.flatMap(({ time, last }) =>
      typeof last === 'string' ? [{ ms: Date.parse(time), text: last }] : [],
    ),
  };
}

function numberPoint({ time, min, mean, max, count }: Bucket): NumberPoint[] {
  if (typeof min !== 'number' || typeof mean !== 'number' || typeof max !== 'number') return [];
  return [{ ms: Date.parse(time), min, mean, max, count }];
}

/** Of so many usual distances, and of so many buckets, the longer one: more is a silence. */
const SILENT_DISTANCES = 4;
const SILENT_BUCKETS = 2.5;

type Column = (number | null)[];

/** Times in seconds, lowest, highest, mean. */
export type ChartColumns = [number[], Column, Column, Column];

export function chartColumns(points: readonly NumberPoint[], bucketMs: number): ChartColumns {
  const columns: ChartColumns = [[], [], [], []];
  const silentMs = Math.max(SILENT_DISTANCES * usualDistanceMs(points), SILENT_BUCKETS * bucketMs);
  let beforeMs = Number.POSITIVE_INFINITY;
  for (const { ms, min, max, mean } of points) {
    if (ms - beforeMs > silentMs) addRow(columns, (ms + beforeMs) / 2, [null, null, null]);
    addRow(columns, ms, [min, max, mean]);
    beforeMs = ms;
  }
  return columns;
}

function addRow(columns: ChartColumns, ms: number, values: readonly (number | null)[]): void {
  const [times, ...others] = columns;
  times.push(ms / 1000);
  for (const [index, column] of others.entries()) column.push(values[index] ?? null);
}

/** The median distance between neighbours. */
function usualDistanceMs(points: readonly NumberPoint[]): number {
  const distances = points.slice(1).map(({ ms }, index) => ms - (points[index]?.ms ?? ms));
  distances.sort((a, b) => a - b);
  return distances[distances.length >> 1] ?? 0;
}

/**
 * The series with a reading that came since they were asked for: in its bucket, or in a new one. One
 * older than the newest bucket waits for the next answer.
 */
export function withReading(
  series: readonly DrawnSeries[],
  reading: ReadingEvent,
  bucketMs: number,
): readonly DrawnSeries[] {
  const { value } = reading;
  if (value === null) return series;
  const key = seriesKey(reading);
  const measuredMs = Date.parse(reading.measuredAt);
  const ms = Math.floor(measuredMs / bucketMs) * bucketMs;
  return series.map((each) => {
    if (each.key !== key) return each;
    if (typeof value === 'string') return { ...each, texts: withText(each.texts, ms, value) };
    return { ...each, numbers: withNumber(each.numbers, ms, value) };
  });
}

function withNumber(
  points: readonly NumberPoint[],
  ms: number,
  value: number,
): readonly NumberPoint[] {
  const newest = points.at(-1);
  if (newest === undefined || ms > newest.ms) {
    return [...points, { ms, min: value, mean: value, max: value, count: 1 }];
  }
  if (ms < newest.ms) return points;
  const count = newest.count + 1;
  const mean = newest.mean + (value - newest.mean) / count;
  const min = Math.min(newest.min, value);
  const max = Math.max(newest.max, value);
  return [...points.slice(0, -1), { ms, min, mean, max, count }];
}

function withText(points: readonly TextPoint[], ms: number, text: string): readonly TextPoint[] {
  const newest = points.at(-1);
  if (newest !== undefined && ms < newest.ms) return points;
  return [...points, { ms, text }];
}

/** What lies before the span is given up, but for the last text: it still holds. */
export function withoutOld(series: readonly DrawnSeries[], fromMs: number): readonly DrawnSeries[] {
  return series.map((each) => {
    const firstNumber = each.numbers.findIndex(({ ms }) => ms >= fromMs);
    const firstText = each.texts.findIndex(({ ms }) => ms >= fromMs);
    if (firstNumber <= 0 && firstText <= 1) return each;
    return {
      ...each,
      numbers: each.numbers.slice(Math.max(0, firstNumber)),
      texts: each.texts.slice(Math.max(0, firstText - 1)),
    };
  });
}
