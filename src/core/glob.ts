// Globs over names: `*` for any run of characters, `?` for one, and `\` before `*`, `?` or `\` for that
// character itself; any other `\` is one. Matching never backtracks beyond the last star, so no pattern
// is slow.

import { nameLengthMax } from './name.ts';

/** Longest glob in UTF-16 units: any name can be asked for alone, even one of stars only. */
export const globLengthMax = 2 * nameLengthMax;

/** Whether the whole of `name` matches. Case counts; a character is a code point. */
export function matchesGlob(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    const sign = p < pattern.length ? pattern[p] : '';
    if (sign === '*') {
      star = p++;
      resume = n;
      continue;
    }
    if (sign === '?') {
      p += 1;
      n = characterEnd(name, n);
      continue;
    }
    const at = sign === '\\' && isEscape(pattern, p) ? p + 1 : p;
    if (at < pattern.length && pattern[at] === name[n]) {
      p = at + 1;
      n += 1;
    } else if (star >= 0) {
      p = star + 1;
      n = resume = characterEnd(name, resume);
    } else {
      return false;
    }
  }
  while (p < pattern.length && pattern[p] === '*') p += 1;
  return p === pattern.length;
}

/** The glob that `name` alone matches; of a name that may be, not longer than globs may be. */
export function exactGlob(name: string): string {
  return name.replaceAll(/[*?\\]/g, '\\$&');
}

/** The one name that matches; null for a glob with a wildcard, which several may match. */
export function exactName(glob: string): string | null {
  const signs = glob.replaceAll(/\\[*?\\]/g, '');
  return /[*?]/.test(signs) ? null : glob.replaceAll(/\\([*?\\])/g, '$1');
}

/** The same as a regular expression of the whole name, where `.` is any character: RE2's, for SQL. */
export function globExpression(glob: string): string {
  return glob.replaceAll(/\\([*?\\])|./gsu, (sign, character: string = sign) => {
    if (sign === '*') return '.*';
    if (sign === '?') return '.';
    return character.replace(/[\\^$.|?*+()[\]{}]/, '\\$&');
  });
}

function isEscape(pattern: string, at: number): boolean {
  const next = at + 1 < pattern.length ? pattern[at + 1] : '';
  return next === '*' || next === '?' || next === '\\';
}

function characterEnd(text: string, at: number): number {
  const unit = text[at] as string;
  return unit >= '\ud800' && unit <= '\udbff' ? at + 2 : at + 1;
}
