// Keeps quarantine/ from growing without end: where it takes more than it may, the oldest folders go.
// Never one that this process has put there, never the last one, and never what Millpond did not name.

import { type Dirent, lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../data-directory.ts';
import type { Finding } from './finding.ts';
import { QUARANTINE, quarantineKinds } from './quarantine.ts';

const FOLDER_NAME = new RegExp(`^\\d{8}T\\d{6}Z-(?:${quarantineKinds.join('|')})(?:-\\d+)?$`);
const FILE_NAME = /^(?:hot\.duckdb(?:\.\w+)?|ledger\.jsonl|watermarks|.*\d{20}\.parquet)$/;

interface Kept {
  readonly name: string;
  readonly files: readonly string[];
  readonly bytes: number;
}

export class QuarantineLimit {
  readonly #directory: string;
  readonly #bytesMax: number;
  /** What was there before this process put anything there. */
  readonly #found: ReadonlySet<string>;

  /** `bytesMax` 0 is no limit. */
  constructor(directory: string, bytesMax: number) {
    this.#directory = directory;
    this.#bytesMax = bytesMax;
    this.#found = new Set(keptIn(join(directory, QUARANTINE)).map(({ name }) => name));
  }

  /** For the end of a start, when nothing there is needed any more. Throws nothing. */
  trim({ isDryRun }: { readonly isDryRun: boolean }): Finding[] {
    if (this.#bytesMax === 0) return [];
    const place = join(this.#directory, QUARANTINE);
    const kept = keptIn(place);
    let bytes = kept.reduce((sum, each) => sum + each.bytes, 0);
    const findings: Finding[] = [];
    for (const folder of kept.slice(0, -1)) {
      if (bytes <= this.#bytesMax) break;
      if (!this.#found.has(folder.name)) continue;
      const problem = isDryRun ? null : remove(place, folder);
      findings.push({
        kind: 'quarantine_trimmed',
        subject: join(QUARANTINE, folder.name),
        found: `takes ${folder.bytes} of ${bytes} bytes, and log.quarantineBytesMax is ${this.#bytesMax}`,
        done: problem === null ? 'removed' : `left there: ${problem}`,
      });
      if (problem === null) bytes -= folder.bytes;
    }
    return findings;
  }
}

/** The folders that Millpond made and that hold nothing else, the oldest first. */
function keptIn(place: string): Kept[] {
  try {
    if (!lstatSync(place).isDirectory()) return [];
    return readdirSync(place, { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => keptOf(place, entry));
  } catch {
    // None there, or not to be looked into.
    return [];
  }
}

function keptOf(place: string, entry: Dirent): Kept[] {
  if (!entry.isDirectory() || !FOLDER_NAME.test(entry.name)) return [];
  const folder = join(place, entry.name);
  const entries = readdirSync(folder, { withFileTypes: true });
  if (!entries.every((each) => each.isFile() && FILE_NAME.test(each.name))) return [];
  const files = entries.map(({ name }) => name);
  const bytes = files.reduce((sum, name) => sum + lstatSync(join(folder, name)).size, 0);
  return [{ name: entry.name, files, bytes }];
}

/** File by file: what came meanwhile is not among them, and then the folder stays. Gives why it did. */
function remove(place: string, { name, files }: Kept): string | null {
  const folder = join(place, name);
  try {
    for (const file of files) unlinkSync(join(folder, file));
    rmdirSync(folder);
    syncFolder(place);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
