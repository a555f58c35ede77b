// Where the next page of a list begins, as an opaque text: what a client sends back is checked like
// everything else that comes from outside.

import { MillpondError } from '../../core/errors.ts';

const PAGE_SIZE_DEFAULT = 100;
const PAGE_SIZE_MAX = 1000;
const TOKEN_CHARACTERS_MAX = 2048;

export function pageSizeOf(wanted: number): number {
  return wanted === 0 ? PAGE_SIZE_DEFAULT : Math.min(wanted, PAGE_SIZE_MAX);
}

/** Parts are texts and integers. Null, after the last page, is the empty text. */
export function toPageToken(parts: readonly (string | number)[] | null): string {
  return parts === null ? '' : Buffer.from(JSON.stringify(parts)).toString('base64url');
}

type Shape = Readonly<Record<string, 'string' | 'number'>>;
type PartsOf<S extends Shape> = {
  readonly [Name in keyof S]: S[Name] extends 'string' ? string : number;
};

/** The parts by name, in the order of `shape`; null for the first page. Throws REQUEST_INVALID. */
export function fromPageToken<S extends Shape>(token: string, shape: S): PartsOf<S> | null {
  if (token === '') return null;
  const parts = token.length > TOKEN_CHARACTERS_MAX ? null : parseParts(token);
  const wanted = Object.entries(shape);
  const isRight =
    parts?.length === wanted.length &&
    wanted.every(([, type], index) => {
      const part = parts[index];
      return typeof part === type && (type === 'string' || Number.isSafeInteger(part));
    });
  if (!isRight) {
    throw new MillpondError('REQUEST_INVALID', 'page_token is none that a page ended with.');
  }
  return Object.fromEntries(wanted.map(([name], index) => [name, parts[index]])) as PartsOf<S>;
}

function parseParts(token: string): unknown[] | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    return Array.isArray(parsed) ? parsed : null;
  } catch {
    return null;
  }
}
