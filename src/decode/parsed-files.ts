// Profiles by the file they stand in, as they were parsed last: a reload parses only what has changed.
// Bounded by what was loaded last, and of a file's text only a digest is kept.

import { createHash } from 'node:crypto';
import type { ParsedProfile } from './parse-profile.ts';
import { parseProfile } from './parse-profile.ts';

interface ParsedFile {
  readonly digest: string;
  readonly parsed: ParsedProfile;
}

export class ParsedFiles {
  readonly #files = new Map<string, ParsedFile>();

  /** For tests and figures. */
  get size(): number {
    return this.#files.size;
  }

  /** `isNew` is false when the file's text is what it was. */
  parse(text: string, file: string): ParsedProfile & { readonly isNew: boolean } {
    const digest = createHash('sha256').update(text).digest('base64');
    const known = this.#files.get(file);
    if (known?.digest === digest) return { ...known.parsed, isNew: false };
    const parsed = parseProfile(text, file);
    this.#files.set(file, { digest, parsed });
    return { ...parsed, isNew: true };
  }

  /** Forgets all others. */
  keep(files: ReadonlySet<string>): void {
    for (const file of this.#files.keys()) if (!files.has(file)) this.#files.delete(file);
  }
}
