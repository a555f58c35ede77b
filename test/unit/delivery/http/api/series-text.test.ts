// The text of a chart is the JSON of its points, whatever they are.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoTime } from '../../../../../src/core/iso-time.ts';
import type { SeriesAnswer, SeriesPoints } from '../../../../../src/core/series-points.ts';
import { seriesSchema } from '../../../../../src/delivery/http/api/series.ts';
import { seriesText } from '../../../../../src/delivery/http/api/series-text.ts';

const point = fc.record({
  numbers: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
  last: fc.option(fc.string({ unit: 'binary' })),
});

const line = fc
  .tuple(fc.array(point, { maxLength: 5 }), fc.string({ unit: 'binary' }), fc.string())
  .map(([points, device, metric]): SeriesPoints => {
    const column = (of: (each: (typeof points)[number], at: number) => number) =>
      Float64Array.from(points, of);
    return {
      ...{ device, metric, channel: '', unit: 'Cel' },
      timeUs: column((_, at) => 1_748_779_200_000_000 + at * 60_000_000),
      count: column((_, at) => at + 1),
      min: column(({ numbers }) => numbers ?? Number.NaN),
      mean: column(({ numbers }) => numbers ?? Number.NaN),
      max: column(({ numbers }) => numbers ?? Number.NaN),
      last: points.some(({ last }) => last !== null) ? points.map(({ last }) => last) : null,
    };
  });

/** As an object, which JSON.stringify would make the same text of. */
function plain({ fromUs, toUs, bucketUs, series }: SeriesAnswer) {
  return {
    from: isoTime(fromUs),
    to: isoTime(toUs),
    bucketMs: bucketUs / 1000,
    series: series.map(({ device, channel, metric, unit, ...columns }) => ({
      ...{ device, channel, metric, unit },
      points: Array.from(columns.timeUs, (timeUs, at) => ({
        time: isoTime(timeUs),
        count: columns.count[at],
        ...(Number.isNaN(columns.min[at])
          ? {}
          : { min: columns.min[at], mean: columns.mean[at], max: columns.max[at] }),
        ...(columns.last?.[at] == null ? {} : { last: columns.last[at] }),
      })),
    })),
  };
}

test('any chart is written as JSON.stringify would', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 3 }), (series) => {
      const answer = { fromUs: 0, toUs: 3_600_000_000, bucketUs: 60_000_000, series };
      const text = [...seriesText(answer)].join('');
      expect(text).toBe(JSON.stringify(plain(answer)));
      expect(seriesSchema.safeParse(JSON.parse(text)).success).toBe(true);
    }),
  );
});
