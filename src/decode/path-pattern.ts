// A path into a payload as a profile writes it: `AM2301.Temperature`, `{sensor}.Temperature`,
// `items.[].temperature_{unit}`, or a list of its segments where a key itself contains a dot.

import type { SegmentPattern } from './segment-pattern.ts';
import { NotationError, parseSegment } from './segment-pattern.ts';

export type PathSegment =
  | SegmentPattern
  /** Each element of an array; a capture gets its index, counted from 0. */
  | { readonly kind: 'items'; readonly capture: string | null };

const items = /^\[(?:\{([A-Za-z][A-Za-z0-9_]*)\})?\]$/;
const segmentsMax = 16;

/** Throws NotationError. An empty text is the payload itself. */
export function parsePath(source: string | readonly string[]): readonly PathSegment[] {
  const parts = typeof source === 'string' ? splitDots(source) : source;
  if (parts.length > segmentsMax) throw new NotationError(`more than ${segmentsMax} segments`);
  return parts.map((part) => {
    if (part === '') throw new NotationError('a segment of the path is empty');
    const match = items.exec(part);
    return match === null
      ? parseSegment(part, '*')
      : { kind: 'items' as const, capture: match[1] ?? null };
  });
}

/** Splits at dots outside braces, for `{metric:pm2.5|pm10}` is one segment. */
function splitDots(source: string): string[] {
  return source === '' ? [] : source.split(/\.(?![^{}]*\})/);
}
