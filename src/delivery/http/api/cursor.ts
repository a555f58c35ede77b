// Where the next page of a list begins, as an opaque text. What a client sends back is checked like
// everything else that comes from outside.

import { z } from 'zod';

const CHARACTERS_MAX = 2048;
const expected = 'the nextCursor of a page, and nothing else';

/** As a query parameter, which is absent for the first page; `parts` is what it holds. */
export function cursor<Parts extends z.ZodTuple>(parts: Parts) {
  return z
    .string({ error: expected })
    .max(CHARACTERS_MAX, { error: expected })
    .transform((text, context): z.infer<Parts> => {
      const held = parts.safeParse(parse(text));
      if (held.success) return held.data;
      context.issues.push({ code: 'custom', input: text, message: expected });
      return z.NEVER;
    })
    .optional()
    .describe('The nextCursor of the page before: the page that follows it.');
}

/** Null after the last page. */
export function toCursor(parts: readonly (string | number)[] | null): string | null {
  return parts === null ? null : Buffer.from(JSON.stringify(parts)).toString('base64url');
}

export const nextCursor = z
  .string()
  .nullable()
  .describe('Of the page that follows; null after the last one.');

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return null;
  }
}
