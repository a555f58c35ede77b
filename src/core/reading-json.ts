// A reading and a gap as one JSON object each, the same on the command line and over HTTP. Offsets
// are strings, for they have 64 bits; times stand there twice, to read and to count with.

import { isoTime } from './iso-time.ts';
import { asciiControls } from './json-line.ts';
import { qualityName, type SeriesKey } from './reading.ts';

/** Integers may come as either kind of number. Times are microseconds since the Unix epoch. */
export interface ReadingItem extends SeriesKey {
  readonly stream: string;
  readonly offset: bigint | number;
  readonly value: number | string | null;
  readonly measuredAtUs: bigint | number;
  readonly receivedAtUs: bigint | number;
  readonly quality: number;
}

/** Without a line end. What a person must not see in a terminal is escaped. */
export function readingJson(reading: ReadingItem): string {
  const { stream, offset, device, channel, metric, value, unit, source } = reading;
  return asciiControls({
    event: 'reading',
    stream,
    offset: String(offset),
    device,
    channel,
    metric,
    value,
    unit,
    measuredAt: isoTime(reading.measuredAtUs),
    measuredAtUs: Number(reading.measuredAtUs),
    receivedAt: isoTime(reading.receivedAtUs),
    receivedAtUs: Number(reading.receivedAtUs),
    quality: qualityName(reading.quality),
    source,
  });
}

export interface GapItem {
  readonly stream: string;
  readonly firstOffset: bigint | number;
  readonly nextOffset: bigint | number;
  readonly reason: string;
}

/** As readingJson. */
export function gapJson({ stream, firstOffset, nextOffset, reason }: GapItem): string {
  const offsets = { firstOffset: String(firstOffset), nextOffset: String(nextOffset) };
  return asciiControls({ event: 'gap', stream, ...offsets, reason });
}
