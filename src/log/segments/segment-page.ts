// The list of sealed files, a page at a time, by stream and then by offset.

import type { Page, PageRequest, SegmentCursor, SegmentEntry } from '../../core/log-inspection.ts';
import type { StreamState } from '../stream-state.ts';
import type { Streams } from '../streams.ts';
import { type Segment, segmentName } from './segment.ts';

/** Throws STREAM_UNKNOWN. */
export function listSegments(
  streams: Streams,
  { stream, from, limit }: PageRequest<SegmentCursor>,
): Page<SegmentEntry, SegmentCursor> {
  const wanted = stream === null ? [...streams.all].sort(byName) : [streams.get(stream)];
  const entries: SegmentEntry[] = [];
  for (const state of wanted) {
    if (from !== null && state.name < from.stream) continue;
    const fromOffset = state.name === from?.stream ? from.fromOffset : 0;
    for (const segment of state.segments.all) {
      if (segment.first < fromOffset) continue;
      if (entries.length === limit) {
        return { entries, next: { stream: state.name, fromOffset: segment.first } };
      }
      entries.push(entryOf(state.name, segment));
    }
  }
  return { entries, next: null };
}

function byName(a: StreamState, b: StreamState): number {
  return a.name < b.name ? -1 : 1;
}

/** Below the data directory. */
export function relativePath(stream: string, first: number): string {
  return `streams/${stream}/${segmentName(first)}`;
}

function entryOf(stream: string, segment: Segment): SegmentEntry {
  const { first, next, bytes, firstReceivedUs, lastReceivedUs, sealedAtUs } = segment;
  const path = relativePath(stream, first);
  const times = { firstReceivedUs, lastReceivedUs, sealedAtUs };
  return { stream, firstOffset: first, nextOffset: next, bytes, ...times, path };
}
