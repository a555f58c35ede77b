// Puts mended database files in the place of those found, so that a crash at any moment leaves what
// the next start finishes. `mend/` holds the new files; `mend.json`, written last, says that they are
// whole, where the old ones go, and what was wrong. It stays until the log has taken account of the
// damage, since until then nothing else knows that offsets may be missing.

import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { syncFolder } from '../data-directory.ts';
import type { Finding } from './finding.ts';
import { makeQuarantine } from './quarantine.ts';

export const MEND_FOLDER = 'mend';
const JOURNAL = 'mend.json';
const HOT_FILE = 'hot.duckdb';

export interface Replacement {
  /** Where the files found go, below the data directory. */
  readonly quarantine: string;
  /** Files in `mend/` that take their place; none when a new database is to be made. */
  readonly put: readonly string[];
  readonly reason: 'wal_damaged' | 'hot_damaged';
  readonly findings: readonly Finding[];
  /** Whether all moves are done and only the log has not yet taken account of it. */
  readonly isPlaced: boolean;
}

export type Step =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'move'; readonly from: string; readonly to: string };

/** hot.duckdb, its write-ahead log, and what else DuckDB names after them. */
export function hotFiles(names: readonly string[]): string[] {
  return names.filter((name) => name === HOT_FILE || name.startsWith(`${HOT_FILE}.`)).sort();
}

/**
 * The moves that are still to be done. A file in `mend/` is moved last, so while one is there, what
 * stands in its place is the one that was found. hot.duckdb itself is the last of all.
 */
export function stepsOf(
  { quarantine, put }: Replacement,
  present: readonly string[],
  mended: readonly string[],
): Step[] {
  const steps: Step[] = [{ kind: 'folder', path: quarantine }];
  const isNewHotPlaced = put.includes(HOT_FILE) && !mended.includes(HOT_FILE);
  const names = [...new Set([...hotFiles(present), ...put])].sort().reverse();
  for (const name of names) {
    const isNewPlaced = put.includes(name) ? !mended.includes(name) : isNewHotPlaced;
    if (present.includes(name) && !isNewPlaced) {
      steps.push({ kind: 'move', from: name, to: join(quarantine, name) });
    }
    if (mended.includes(name))
      steps.push({ kind: 'move', from: join(MEND_FOLDER, name), to: name });
  }
  return steps;
}

export function runStep(directory: string, step: Step): void {
  if (step.kind === 'folder') {
    makeQuarantine(directory, step.path);
    return;
  }
  const target = join(directory, step.to);
  renameSync(join(directory, step.from), target);
  syncFolder(dirname(target));
  syncFolder(dirname(join(directory, step.from)));
}

/** Makes the replacement certain: from here on every start finishes it. */
export function writeJournal(directory: string, replacement: Replacement): void {
  const path = join(directory, JOURNAL);
  const draft = `${path}.tmp`;
  writeFileSync(draft, JSON.stringify(replacement), { mode: 0o640 });
  syncFile(draft);
  renameSync(draft, path);
  syncFolder(directory);
}

/** Null where there is none. One that is torn cannot be: it gets its name when it is whole. */
export function readJournal(directory: string): Replacement | null {
  try {
    const journal = JSON.parse(readFileSync(join(directory, JOURNAL), 'utf8')) as Replacement;
    return Array.isArray(journal.put) && typeof journal.quarantine === 'string' ? journal : null;
  } catch {
    return null;
  }
}

/** Does what is left of a replacement. The journal stays, as placed. */
export function placeReplacement(directory: string, replacement: Replacement): Replacement {
  if (replacement.isPlaced) return replacement;
  const folder = join(directory, MEND_FOLDER);
  const mended = existsSync(folder) ? readdirSync(folder) : [];
  for (const step of stepsOf(replacement, readdirSync(directory), mended)) {
    runStep(directory, step);
  }
  const placed = { ...replacement, isPlaced: true };
  writeJournal(directory, placed);
  return placed;
}

/** Once the log has recorded what was lost: the journal goes. */
export function finishReplacement(directory: string): void {
  const path = join(directory, JOURNAL);
  if (!existsSync(path)) return;
  rmSync(path);
  syncFolder(directory);
}

/** What an interrupted attempt left. */
export function clearMended(directory: string): void {
  rmSync(join(directory, MEND_FOLDER), { recursive: true, force: true });
  rmSync(join(directory, `${JOURNAL}.tmp`), { force: true });
}

export function syncFile(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
