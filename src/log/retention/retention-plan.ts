// What goes, by the rules of a stream: pure, from what is kept to what is dropped and why.

import type { Segment } from '../segments/segment.ts';
import type { StreamSettings } from '../stream-settings.ts';

export type DropReason = 'retention_age' | 'retention_bytes' | 'disk_full';

export interface RetentionContext {
  readonly settings: StreamSettings;
  /** In offset order. */
  readonly segments: readonly Segment[];
  /** What the stream's hot rows and the rollups of its segments take on disk. */
  readonly otherBytes: number;
  /** The first offset that a protected consumer has not committed; infinite where there is none. */
  readonly protectedFrom: number;
  readonly nowUs: number;
  /** False while the clock cannot be trusted: nothing goes for its age then. */
  readonly isClockSteady: boolean;
}

export interface RetentionPlan {
  /** What goes, in order; what follows one another for one reason is together. */
  readonly drops: readonly { readonly segments: readonly Segment[]; readonly reason: DropReason }[];
  /** At the hard limit with nothing that may go: nothing more is taken. */
  readonly isFull: boolean;
}

export function planRetention(context: RetentionContext): RetentionPlan {
  const { settings, segments, otherBytes, protectedFrom } = context;
  const { retention, onFull } = settings;
  const drops: { segments: Segment[]; reason: DropReason }[] = [];
  let bytes = segments.reduce((sum, segment) => sum + segment.bytes, otherBytes);
  for (const segment of segments) {
    const isFree = segment.next <= protectedFrom;
    const reason = isFree ? softReason(context, segment, bytes) : hardReason(settings, bytes);
    if (reason === null) break;
    const last = drops.at(-1);
    if (last?.reason === reason) last.segments.push(segment);
    else drops.push({ segments: [segment], reason });
    bytes -= segment.bytes;
  }
  const isFull = onFull === 'refuse' && isOver(bytes, retention.hardBytes);
  return { drops, isFull };
}

function softReason(context: RetentionContext, segment: Segment, bytes: number): DropReason | null {
  const { settings, nowUs, isClockSteady } = context;
  const { ageMs, bytes: bytesMax } = settings.retention;
  if (isOver(bytes, bytesMax)) return 'retention_bytes';
  if (ageMs > 0 && isClockSteady && segment.lastReceivedUs < nowUs - ageMs * 1000) {
    return 'retention_age';
  }
  return hardReason(settings, bytes);
}

function hardReason({ retention, onFull }: StreamSettings, bytes: number): DropReason | null {
  return onFull === 'drop-oldest' && isOver(bytes, retention.hardBytes) ? 'retention_bytes' : null;
}

function isOver(bytes: number, bytesMax: number): boolean {
  return bytesMax > 0 && bytes > bytesMax;
}

/** The least of its limits in bytes; 0 for none. */
export function limitOf({ retention }: StreamSettings): number {
  const limits = [retention.bytes, retention.hardBytes].filter((bytes) => bytes > 0);
  return limits.length === 0 ? 0 : Math.min(...limits);
}

/**
 * How many rows a hot table may get: `rowsMax`, or fewer where the stream is kept so small that a
 * whole segment would be a large part of it.
 */
export function sealRowsOf(settings: StreamSettings, rowsMax: number): number {
  const limit = limitOf(settings);
  if (limit === 0) return rowsMax;
  const rows = Math.floor(limit / (SEGMENTS_MIN * HOT_ROW_BYTES));
  return Math.min(rowsMax, Math.max(ROWS_MIN, rows));
}

/** A limit holds at least so many segments, so that what goes at once is a small part. */
const SEGMENTS_MIN = 10;
/** About what a hot row takes, write-ahead log included. */
export const HOT_ROW_BYTES = 48;
const ROWS_MIN = 2048;
