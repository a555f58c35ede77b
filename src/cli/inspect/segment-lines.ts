// Streams and their sealed files for people, in columns, and for programs.

import { isoTime } from '../../core/iso-time.ts';
import { asciiControls } from '../../core/json-line.ts';
import type { Segment, StreamStatus } from '../../generated/millpond/v1/admin_service.ts';
import { printable } from '../../observability/printable.ts';
import { bytesText, countText } from '../amount-text.ts';
import { streamFields } from '../status/status-json.ts';
import { type Look, plainLook } from '../terminal/look.ts';
import { type Alignment, headings, tableLines } from '../terminal/text-table.ts';
import { localSecond } from '../time-text.ts';

export function streamLines(streams: readonly StreamStatus[], look: Look = plainLook): string[] {
  const columns: Alignment[] = ['left', 'right', 'right', 'right', 'right', 'right', 'right'];
  const head = ['STREAM', 'READINGS', 'OLDEST', 'NEXT OFFSET', 'SEGMENTS', 'SEALED', 'HOT'];
  const rows = streams.map((stream) => [
    printable(stream.stream),
    countText(stream.highWatermark - stream.lowWatermark),
    String(stream.lowWatermark),
    String(stream.highWatermark),
    countText(stream.segments),
    bytesText(stream.sealedBytes),
    bytesText(stream.hotBytes),
  ]);
  return tableLines(columns, [headings(head), ...rows], look);
}

/** An empty line, a heading and a line for each; nothing for a stream without any. */
export function segmentLines(
  stream: string,
  segments: readonly Segment[],
  older: number,
  look: Look = plainLook,
): string[] {
  if (segments.length === 0) return [];
  const columns: Alignment[] = ['right', 'right', 'right', 'right', 'right', 'left'];
  const head = ['FIRST OFFSET', 'READINGS', 'SIZE', 'A READING', 'RATIO', 'RECEIVED FROM'];
  const rows = segments.map((segment) => {
    const { perReading, ratio } = densityOf(segment);
    return [
      String(segment.firstOffset),
      countText(segment.readings),
      bytesText(segment.bytes),
      perReading === null ? '-' : `${perReading.toFixed(1)} B`,
      ratio === null ? '-' : ratio.toFixed(1),
      localSecond(segment.firstReceivedAtUs),
    ];
  });
  const before = older === 0 ? [] : [`and ${countText(older)} older; see --all`];
  const title = `Segments of ${printable(stream)}, the newest last:`;
  return ['', title, ...before, ...tableLines(columns, [headings(head), ...rows], look)];
}

function densityOf({ bytes, readings, rawBytes }: Segment): {
  perReading: number | null;
  ratio: number | null;
} {
  return {
    perReading: readings === 0n ? null : Number(bytes) / Number(readings),
    ratio: bytes === 0n ? null : Number(rawBytes) / Number(bytes),
  };
}

export function streamJson(stream: StreamStatus): string {
  return asciiControls({ event: 'stream', ...streamFields(stream) });
}

export function segmentJson(segment: Segment): string {
  const { perReading, ratio } = densityOf(segment);
  return asciiControls({
    event: 'segment',
    stream: segment.stream,
    path: segment.path,
    firstOffset: String(segment.firstOffset),
    nextOffset: String(segment.nextOffset),
    readings: Number(segment.readings),
    bytes: Number(segment.bytes),
    rawBytes: Number(segment.rawBytes),
    bytesPerReading: perReading,
    ratio,
    firstReceivedAt: isoTime(segment.firstReceivedAtUs),
    lastReceivedAt: isoTime(segment.lastReceivedAtUs),
    sealedAt: isoTime(segment.sealedAtUs),
  });
}
