// Sets of offsets as ranges [first, next), one after the other in one array of numbers, and as bytes:
// what of a group is settled. A set may be kept in parts that overlap; they add up.

/** Of offsets in any order, repeated or not. */
export function rangesOf(offsets: readonly number[]): number[] {
  const sorted = isAscending(offsets) ? offsets : Float64Array.from(offsets).sort();
  const ranges: number[] = [];
  let next = -1;
  for (const offset of sorted) {
    if (offset < next) continue;
    if (offset !== next) {
      if (next >= 0) ranges.push(next);
      ranges.push(offset);
    }
    next = offset + 1;
  }
  if (next >= 0) ranges.push(next);
  return ranges;
}

function isAscending(offsets: readonly number[]): boolean {
  for (let i = 1; i < offsets.length; i += 1) {
    if ((offsets[i] as number) < (offsets[i - 1] as number)) return false;
  }
  return true;
}

/** All that is in any of the sets, at or above `floor`. */
export function joinRanges(sets: readonly (readonly number[])[], floor: number): number[] {
  const pairs: [number, number][] = [];
  for (const ranges of sets) {
    for (let i = 0; i < ranges.length; i += 2) {
      const first = Math.max(ranges[i] as number, floor);
      const next = ranges[i + 1] as number;
      if (first < next) pairs.push([first, next]);
    }
  }
  pairs.sort((a, b) => a[0] - b[0]);
  const joined: number[] = [];
  for (const [first, next] of pairs) {
    const end = joined.at(-1) ?? -1;
    if (first > end) joined.push(first, next);
    else joined[joined.length - 1] = Math.max(end, next);
  }
  return joined;
}

/** Distances between the ends, as varints: two bytes for most ranges. */
export function encodeRanges(ranges: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(ranges.length * 8);
  let at = 0;
  let last = 0;
  for (const end of ranges) {
    let rest = end - last;
    last = end;
    while (rest >= 0x80) {
      bytes[at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    bytes[at++] = rest;
  }
  return bytes.slice(0, at);
}

/** What is cut short is left out. */
export function decodeRanges(bytes: Uint8Array): number[] {
  const ranges: number[] = [];
  let last = 0;
  let value = 0;
  let factor = 1;
  for (const byte of bytes) {
    value += (byte & 0x7f) * factor;
    factor *= 0x80;
    if (byte >= 0x80) continue;
    last += value;
    ranges.push(last);
    value = 0;
    factor = 1;
  }
  if (ranges.length % 2 === 1) ranges.pop();
  return ranges;
}

/** Ascending ranges that are asked for one offset after the other. */
export class RangeCursor {
  readonly #ranges: readonly number[];
  #at = 0;

  constructor(ranges: readonly number[]) {
    this.#ranges = ranges;
  }

  /** Offsets must not descend from call to call. */
  has(offset: number): boolean {
    const ranges = this.#ranges;
    while (this.#at < ranges.length && offset >= (ranges[this.#at + 1] as number)) this.#at += 2;
    return this.#at < ranges.length && offset >= (ranges[this.#at] as number);
  }

  /** As `has`, of any offset that is not below the last one asked for by it. */
  contains(offset: number): boolean {
    return new RangeCursor(this.#ranges.slice(this.#at)).has(offset);
  }

  /** What of the ranges is at or above the offset, which is not below the last one asked for. */
  from(offset: number): number[] {
    return joinRanges([this.#ranges.slice(this.#at)], offset);
  }
}
