// Charts over a log in this process, and what they must say: computed from every reading, one by one.
import type { SeriesAnswer, SeriesRequest } from '../../src/core/series-points.ts';
import { ChartReader } from '../../src/log/charts/chart-reader.ts';
import type { Log } from '../../src/log/log.ts';
import { Rollups, type RollupsOptions } from '../../src/log/rollups/rollups.ts';
import { readAll } from '../contract/log.ts';

export interface ChartRig {
  readonly rollups: Rollups;
  readonly charts: ChartReader;
  readonly failures: unknown[];
}

export function chartRig(
  log: Log,
  directory: string,
  options: Partial<RollupsOptions> = {},
): ChartRig {
  const failures: unknown[] = [];
  const rollups = new Rollups({
    log,
    directory,
    diskFreeBytesMin: 0,
    diskFreeBytes: async () => null,
    failed: (error) => void failures.push(error),
    ...options,
  });
  return { rollups, charts: new ChartReader({ log, rollups, directory }), failures };
}

export function requestOf(part: Partial<SeriesRequest> = {}): SeriesRequest {
  return {
    stream: '',
    device: 'attic',
    metric: null,
    channel: null,
    fromUs: 0,
    toUs: 1_700_000_000_000_000,
    bucketUs: null,
    pointsMax: 1000,
    ...part,
  };
}

export interface PlainPoint {
  readonly timeUs: number;
  readonly count: number;
  readonly min: number | null;
  readonly mean: number | null;
  readonly max: number | null;
  readonly last: string | null;
}

/** By `channel metric unit`. */
export type PlainSeries = Record<string, PlainPoint[]>;

export function plainSeries({ series }: Pick<SeriesAnswer, 'series'>): PlainSeries {
  const orNull = (value: number | undefined) =>
    value === undefined || Number.isNaN(value) ? null : value;
  return Object.fromEntries(
    series.map(({ channel, metric, unit, ...line }) => [
      `${channel} ${metric} ${unit}`,
      Array.from(line.timeUs, (timeUs, at) => ({
        timeUs,
        count: line.count[at] as number,
        min: orNull(line.min[at]),
        mean: orNull(line.mean[at]),
        max: orNull(line.max[at]),
        last: line.last?.[at] ?? null,
      })),
    ]),
  );
}

/** The same out of every reading of the log. */
export async function naiveSeries(
  log: Log,
  request: SeriesRequest,
  { fromUs, toUs, bucketUs }: Pick<SeriesAnswer, 'fromUs' | 'toUs' | 'bucketUs'>,
): Promise<PlainSeries> {
  const stream = log.stream(request.stream ?? '');
  const found = new Map<string, Map<number, { numbers: number[]; texts: Text[] }>>();
  for (const row of await readAll(log, stream.lowWatermark, 10_000)) {
    if (row.device !== request.device) continue;
    if (request.metric !== null && row.metric !== request.metric) continue;
    if (request.channel !== null && row.channel !== request.channel) continue;
    if (row.measuredAtUs < fromUs || row.measuredAtUs >= toUs) continue;
    const line = `${row.channel} ${row.metric} ${row.unit}`;
    const buckets = found.get(line) ?? new Map();
    found.set(line, buckets);
    const timeUs = Math.floor(row.measuredAtUs / bucketUs) * bucketUs;
    const bucket = buckets.get(timeUs) ?? { numbers: [], texts: [] };
    buckets.set(timeUs, bucket);
    const { value, measuredAtUs: atUs, offset } = row;
    if (typeof value === 'string') bucket.texts.push({ value, atUs, offset });
    else bucket.numbers.push(value);
  }
  return Object.fromEntries(
    [...found].map(([line, buckets]) => [
      line,
      [...buckets].sort(([a], [b]) => a - b).map(([timeUs, bucket]) => pointOf(timeUs, bucket)),
    ]),
  );
}

interface Text {
  readonly value: string;
  readonly atUs: number;
  readonly offset: number;
}

function pointOf(
  timeUs: number,
  { numbers, texts }: { numbers: number[]; texts: Text[] },
): PlainPoint {
  texts.sort((a, b) => a.atUs - b.atUs || a.offset - b.offset);
  const hasNumber = numbers.length > 0;
  return {
    timeUs,
    count: numbers.length + texts.length,
    min: hasNumber ? Math.min(...numbers) : null,
    mean: hasNumber ? numbers.reduce((sum, each) => sum + each, 0) / numbers.length : null,
    max: hasNumber ? Math.max(...numbers) : null,
    last: texts.at(-1)?.value ?? null,
  };
}
