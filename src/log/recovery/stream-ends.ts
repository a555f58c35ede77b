// Where a stream goes on after a start, and what lies between what was recovered and there. Pure.

/** Offsets [first, next). */
export interface Range {
  readonly first: number;
  readonly next: number;
}

export interface EndEvidence {
  /** One past the last offset that the database or a sealed file tells of. */
  readonly recovered: number;
  /** From `watermarks`; -1 where it has none for the stream. */
  readonly watermark: number;
  /** Whether the watermark is of this boot, and so exact. */
  readonly isExact: boolean;
  /** Offsets below it may have been given out; 0 where the ledger says nothing. */
  readonly reserve: number;
  /** Whether data was found damaged or missing. */
  readonly isDamaged: boolean;
}

/** What is skipped when data was lost and neither the ledger nor the watermarks say how much. */
export const BLIND_STEP = 1 << 20;

/** The first offset that is certain never to have been given out. */
export function nextOffsetOf(evidence: EndEvidence): number {
  const { recovered, watermark, isExact, reserve, isDamaged } = evidence;
  const known = Math.max(recovered, watermark);
  if (!isDamaged || (isExact && watermark >= 0)) return known;
  return Math.max(known, reserve > 0 ? reserve : recovered + BLIND_STEP);
}

/** What none of the ranges holds between the least of them and `next`. */
export function holesOf(ranges: readonly Range[], next: number): Range[] {
  const sorted = [...ranges].sort((a, b) => a.first - b.first);
  const holes: Range[] = [];
  let at = sorted[0]?.first ?? next;
  for (const range of sorted) {
    if (range.first > at) holes.push({ first: at, next: Math.min(range.first, next) });
    at = Math.max(at, range.next);
  }
  if (at < next) holes.push({ first: at, next });
  return holes.filter((hole) => hole.first < hole.next);
}

export function doOverlap(a: Range, b: Range): boolean {
  return a.first < b.next && b.first < a.next;
}
