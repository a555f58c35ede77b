// The names of the qualities for people and for --json, as the core has them.

import { Quality } from '../core/reading.ts';

const names = new Map<number, string>(
  Object.entries(Quality).map(([name, number]) => [number, name]),
);

export function qualityName(quality: number): string {
  return names.get(quality) ?? (quality === 0 ? 'unspecified' : String(quality));
}
