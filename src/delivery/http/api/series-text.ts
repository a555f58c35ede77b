// A chart as JSON, piece by piece: an object for each of 50,000 points, and JSON.stringify of them all,
// took five times as long, and in one go. Its numbers are finite, as all readings are.

import { isoTime } from '../../../core/iso-time.ts';
import type { SeriesAnswer, SeriesPoints } from '../../../core/series-points.ts';

const US_PER_MS = 1000;

/** Of the schema in series.ts. */
export function* seriesText(answer: SeriesAnswer): Generator<string, void> {
  const { fromUs, toUs, bucketUs, series } = answer;
  const head = { from: isoTime(fromUs), to: isoTime(toUs), bucketMs: bucketUs / US_PER_MS };
  const timeText = rememberedTimes();
  yield `${JSON.stringify(head).slice(0, -1)},"series":[`;
  for (const [place, line] of series.entries()) {
    const { device, channel, metric, unit, timeUs } = line;
    const key = JSON.stringify({ device, channel, metric, unit }).slice(0, -1);
    yield `${place === 0 ? '' : ','}${key},"points":[`;
    for (let at = 0; at < timeUs.length; at++) {
      yield `${at === 0 ? '' : ','}${pointText(line, at, timeText)}`;
    }
    yield ']}';
  }
  yield ']}';
}

function pointText(line: SeriesPoints, at: number, timeText: (us: number) => string): string {
  const min = line.min[at] as number;
  const last = line.last?.[at] ?? null;
  const numbers = Number.isNaN(min)
    ? ''
    : `,"min":${min},"mean":${line.mean[at]},"max":${line.max[at]}`;
  const text = last === null ? '' : `,"last":${JSON.stringify(last)}`;
  const time = timeText(line.timeUs[at] as number);
  return `{"time":"${time}","count":${line.count[at]}${numbers}${text}}`;
}

/** The lines of a chart have the same buckets. */
function rememberedTimes(): (us: number) => string {
  const texts = new Map<number, string>();
  return (us) => {
    const known = texts.get(us);
    if (known !== undefined) return known;
    const text = isoTime(us);
    texts.set(us, text);
    return text;
  };
}
