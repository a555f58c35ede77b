// A page of a list that is in memory as a whole: in the order of the entries' keys, behind the key with
// which the last page ended.

import { toCursor } from './cursor.ts';

type Key = readonly (string | number)[];

export interface NamedPageRequest<Entry> {
  /** Tells an entry from all others; keys are compared part by part. */
  readonly keyOf: (entry: Entry) => Key;
  readonly after: Key | undefined;
  readonly limit: number;
}

export function pageOf<Entry>(
  entries: readonly Entry[],
  { keyOf, after, limit }: NamedPageRequest<Entry>,
): { page: Entry[]; nextCursor: string | null } {
  const behind = entries
    .filter((entry) => after === undefined || compare(keyOf(entry), after) > 0)
    .sort((a, b) => compare(keyOf(a), keyOf(b)));
  const page = behind.slice(0, limit);
  const last = page.at(-1);
  const isMore = behind.length > page.length && last !== undefined;
  return { page, nextCursor: toCursor(isMore ? keyOf(last) : null) };
}

function compare(a: Key, b: Key): number {
  for (const [index, part] of a.entries()) {
    const other = b[index] ?? '';
    if (part !== other) return part < other ? -1 : 1;
  }
  return 0;
}
