// Sealed segments: Parquet files of a stream's older rows. What is known of each, where it lies,
// and the list of those that a stream has.

import { join } from 'node:path';

/** A sealed file of the offsets [first, next), dense. Times are microseconds since the epoch, UTC. */
export interface Segment {
  readonly first: number;
  readonly next: number;
  readonly bytes: number;
  /** CRC-32 (as in zlib) of the whole file. */
  readonly crc32: number;
  /** The least time of arrival in it. */
  readonly firstReceivedUs: number;
  /** The greatest time of arrival in it: not the last row's where the clock was set back. */
  readonly lastReceivedUs: number;
  readonly sealedAtUs: number;
}

const OFFSET_DIGITS = 20;

export function streamsFolder(directory: string): string {
  return join(directory, 'streams');
}

export function streamFolder(directory: string, stream: string): string {
  return join(streamsFolder(directory), stream);
}

export function segmentName(first: number): string {
  return `${String(first).padStart(OFFSET_DIGITS, '0')}.parquet`;
}

export function segmentPath(directory: string, stream: string, first: number): string {
  return join(streamFolder(directory, stream), segmentName(first));
}

/** The segments of one stream in the order of their offsets; they never overlap. */
export class SegmentList {
  #segments: Segment[] = [];
  #bytes = 0;

  get all(): readonly Segment[] {
    return this.#segments;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a segment, at its place. */
  add(segment: Segment): void {
    const index = this.#firstEndingAfter(segment.first);
    const at = index < 0 ? this.#segments.length : index;
    this.#segments.splice(at, 0, segment);
    this.#bytes += segment.bytes;
  }

  remove(segment: Segment): void {
    const index = this.#segments.indexOf(segment);
    if (index < 0) return;
    this.#segments.splice(index, 1);
    this.#bytes -= segment.bytes;
  }

  /** The segment that holds `offset`, else the first one after it, else null. */
  atOrAfter(offset: number): Segment | null {
    const index = this.#firstEndingAfter(offset);
    return index < 0 ? null : (this.#segments[index] as Segment);
  }

  /** The first segment, in offset order, that holds a row received at or after `timeUs`. */
  receivedAtOrAfter(timeUs: number): Segment | null {
    return this.#segments.find((segment) => segment.lastReceivedUs >= timeUs) ?? null;
  }

  #firstEndingAfter(offset: number): number {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#segments[middle] as Segment).next > offset) high = middle;
      else low = middle + 1;
    }
    return low === this.#segments.length ? -1 : low;
  }
}
