// `tail --json`: one object a line. Offsets are strings, for they have 64 bits; times stand there
// twice, to read and to count with.

import { qualityName } from '../../core/reading.ts';
import type { Gap } from '../../generated/millpond/v1/offsets.ts';
import type { Reading } from '../../generated/millpond/v1/reading.ts';
import { isoTime } from '../time-text.ts';

/** Without a line end. What a person must not see in a terminal, JSON escapes or this does. */
export function readingJson(stream: string, reading: Reading): string {
  const { offset, device, channel, metric, value, unit, source } = reading;
  return asciiControls({
    event: 'reading',
    stream,
    offset: String(offset),
    device,
    channel,
    metric,
    value: value?.value ?? null,
    unit,
    measuredAt: isoTime(reading.measuredAtUs),
    measuredAtUs: Number(reading.measuredAtUs),
    receivedAt: isoTime(reading.receivedAtUs),
    receivedAtUs: Number(reading.receivedAtUs),
    quality: qualityName(reading.quality),
    source,
  });
}

export function gapJson(stream: string, { firstOffset, nextOffset, reason }: Gap): string {
  const offsets = { firstOffset: String(firstOffset), nextOffset: String(nextOffset) };
  return asciiControls({ event: 'gap', stream, ...offsets, reason });
}

// JSON.stringify leaves DEL, C1 controls, line separators and direction marks as they are.
const leftOver = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** JSON on one line that shows no control character in a terminal. */
export function asciiControls(object: object): string {
  return JSON.stringify(object).replace(
    leftOver,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
