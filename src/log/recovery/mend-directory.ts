// Before hot.duckdb is opened: looks whether it can be, in a process of its own, and puts a mended
// one in its place if not. After this the log opens, whatever was found; what could not be kept is
// in quarantine/ and in the findings.

import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { MillpondError } from '../../core/errors.ts';
import { databasePath, syncFolder } from '../data-directory.ts';
import { checkDatabase, salvageDatabase, type Verdict } from './database-check.ts';
import type { Finding } from './finding.ts';
import { copyDurably, inspectWal, mendWal } from './mend-wal.ts';
import { nameQuarantine, type QuarantineKind } from './quarantine.ts';
import {
  clearMended,
  hotFiles,
  MEND_FOLDER,
  placeReplacement,
  type Replacement,
  readJournal,
  syncFile,
  writeJournal,
} from './replacement.ts';

export interface MendOptions {
  readonly memoryBytesMax: number;
  readonly nowUs: number;
  /** Says what would be done, and leaves every file where it is. */
  readonly isDryRun?: boolean;
  /** Why the log could not open what the check found nothing wrong with: it goes to quarantine. */
  readonly refused?: string;
}

export interface MendReport {
  readonly findings: readonly Finding[];
  /** Why rows may be missing that were there; null if nothing is known to be. */
  readonly damage: 'wal_damaged' | 'hot_damaged' | null;
  /**
   * The database to look into for the rest of a dry run: a mended copy, which `clearMended` removes;
   * null where a new one would be made.
   */
  readonly database: string | null;
}

interface Mending {
  readonly what: QuarantineKind;
  readonly reason: Replacement['reason'];
  readonly finding: Finding;
  readonly put: readonly string[];
}

/** The directory is locked by the caller. Throws DATA_DIR_IN_USE, DATA_DIR_UNUSABLE. */
export async function mendDirectory(directory: string, options: MendOptions): Promise<MendReport> {
  const isDryRun = options.isDryRun ?? false;
  const journal = readJournal(directory);
  if (journal !== null && !journal.isPlaced && isDryRun) return interrupted(directory, journal);
  const earlier = journal === null ? null : placeReplacement(directory, journal);
  clearMended(directory);
  const { mending, notes } = await examine(directory, options);
  const earlierFindings = earlier?.findings ?? [];
  if (mending === null) {
    const damage = earlier?.reason ?? null;
    const path = databasePath(directory);
    const database = existsSync(path) ? path : null;
    return { findings: [...earlierFindings, ...notes], damage, database };
  }
  const quarantine = nameQuarantine(directory, mending.what, options.nowUs);
  const done = mending.finding.done.replace('quarantine', quarantine);
  const findings = [...earlierFindings, ...notes, { ...mending.finding, done }];
  const damage = earlier?.reason === 'hot_damaged' ? earlier.reason : mending.reason;
  if (isDryRun) {
    const database = mending.put.length > 0 ? join(directory, MEND_FOLDER, 'hot.duckdb') : null;
    return { findings, damage, database };
  }
  const replacement = { quarantine, put: mending.put, reason: damage, findings, isPlaced: false };
  writeJournal(directory, replacement);
  placeReplacement(directory, replacement);
  clearMended(directory);
  return { findings, damage, database: databasePath(directory) };
}

// A dry run that comes upon a replacement that a crash interrupted: it says what a start would do.
function interrupted(directory: string, journal: Replacement): MendReport {
  const mended = join(directory, MEND_FOLDER, 'hot.duckdb');
  const database =
    journal.put.length === 0 ? null : existsSync(mended) ? mended : databasePath(directory);
  const finding: Finding = {
    kind: 'mend_interrupted',
    subject: 'hot.duckdb',
    found: 'a repair was interrupted',
    done: 'finished',
  };
  return { findings: [...journal.findings, finding], damage: journal.reason, database };
}

interface Examined {
  readonly mending: Mending | null;
  readonly notes: readonly Finding[];
}

const sound: Examined = { mending: null, notes: [] };

async function examine(directory: string, options: MendOptions): Promise<Examined> {
  const names = readdirSync(directory);
  const path = databasePath(directory);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.size === 0) {
    if (!hasEvidence(directory, names)) {
      // Made and not yet written when the power went, in a directory that holds nothing else.
      return found === undefined || options.isDryRun ? sound : removeEmpty(path);
    }
    const isMissing = found === undefined;
    return whole(
      'hot_missing',
      isMissing ? 'is missing, though the directory was in use' : 'is empty',
    );
  }
  if (!found.isFile()) return whole('hot_unreadable', 'is no file');
  if (options.refused !== undefined)
    return whole('hot_damaged', `does not open: ${options.refused}`);
  const files = hotFiles(names);
  if (!files.every((name) => isAllowed(join(directory, name), constants.R_OK))) {
    return whole('hot_unreadable', 'may not be read by this user');
  }
  if (!files.every((name) => isAllowed(join(directory, name), constants.W_OK))) {
    return copied(directory, files);
  }
  return judge(directory, await checkDatabase(path, options.memoryBytesMax), options);
}

function removeEmpty(path: string): Examined {
  rmSync(path);
  return sound;
}

async function judge(directory: string, verdict: Verdict, options: MendOptions): Promise<Examined> {
  const path = databasePath(directory);
  switch (verdict.kind) {
    case 'busy':
      throw new MillpondError('DATA_DIR_IN_USE', `Another process has ${path} open.`);
    case 'later': {
      const text = `${path} was written by a later version of Millpond: ${verdict.why}`;
      throw new MillpondError('DATA_DIR_UNUSABLE', text);
    }
    case 'unknown': {
      const found = `could not be checked: ${verdict.why}`;
      const note: Finding = {
        kind: 'not_checked',
        subject: 'hot.duckdb',
        found,
        done: 'opened as it is',
      };
      return { mending: null, notes: [note] };
    }
    case 'sound':
      return judgeWal(directory, options);
    case 'refused':
    case 'damaged':
      return repair(directory, verdict, options);
  }
}

async function judgeWal(directory: string, options: MendOptions): Promise<Examined> {
  const wal = inspectWal(`${databasePath(directory)}.wal`);
  if (wal.isWhole) return sound;
  if (wal.isBrokenInside)
    return repair(directory, { kind: 'refused', why: brokenText(wal) }, options);
  const found = `${wal.bytes - wal.brokenAt} bytes at its end are no whole commit, as after a power cut`;
  const note: Finding = { kind: 'wal_torn', subject: 'hot.duckdb.wal', found, done: 'left out' };
  return { mending: null, notes: [note] };
}

function brokenText({ brokenAt }: { brokenAt: number }): string {
  return `the entry at byte ${brokenAt} is broken, and whole ones come behind it`;
}

/** Files are read in place and written in `mend/` alone. */
async function repair(
  directory: string,
  verdict: Extract<Verdict, { why: string }>,
  options: MendOptions,
): Promise<Examined> {
  const path = databasePath(directory);
  const folder = join(directory, MEND_FOLDER);
  const { memoryBytesMax } = options;
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  let readable = verdict.kind === 'damaged' ? path : null;
  if (
    readable === null &&
    !isOfFile(verdict.why) &&
    (statSync(`${path}.wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
  ) {
    const mended = await mendWal(path, folder, memoryBytesMax);
    if (mended?.verdict.kind === 'sound') return walMended(folder, verdict.why, mended.bytes);
    if (mended !== null) readable = join(folder, 'hot.duckdb');
  }
  if (readable !== null) {
    const name = 'salvaged.duckdb';
    const salvaged = await salvageDatabase(readable, join(folder, name), memoryBytesMax);
    const target = join(folder, 'hot.duckdb');
    if (
      salvaged !== null &&
      (await checkDatabase(join(folder, name), memoryBytesMax)).kind === 'sound'
    ) {
      for (const left of hotFiles(readdirSync(folder))) rmSync(join(folder, left));
      copyDurably(join(folder, name), target);
      rmSync(join(folder, name));
      syncFolder(folder);
      const missing = salvaged.tables.filter(({ rows, saved }) => saved < rows);
      const lost = missing.map(
        ({ table, rows, saved }) => `${rows - saved} of ${rows} rows of ${table}`,
      );
      const found = `cannot be read whole: ${verdict.why}`;
      const rest = lost.length === 0 ? 'every row' : `all but ${lost.join(', ')}`;
      const done = `moved to quarantine; ${rest} copied into a new file`;
      return mending('hot', 'hot_damaged', ['hot.duckdb'], {
        kind: 'hot_damaged',
        subject: 'hot.duckdb',
        found,
        done,
      });
    }
  }
  rmSync(folder, { recursive: true, force: true });
  return whole('hot_damaged', `does not open: ${verdict.why}`);
}

/** DuckDB's word for a database file that is damaged itself: no cut of its log would help. */
function isOfFile(why: string): boolean {
  return (
    /corrupt database file|not a valid duckdb|could not read/i.test(why) && !/\bwal\b/i.test(why)
  );
}

function walMended(folder: string, why: string, bytes: number): Examined {
  if (bytes === 0) rmSync(join(folder, 'hot.duckdb.wal'));
  syncFolder(folder);
  const put = bytes === 0 ? ['hot.duckdb'] : ['hot.duckdb', 'hot.duckdb.wal'];
  const done = `moved to quarantine with hot.duckdb; cut back to ${bytes} bytes, which are whole commits`;
  return mending('wal', 'wal_damaged', put, {
    kind: 'wal_damaged',
    subject: 'hot.duckdb.wal',
    found: why,
    done,
  });
}

// Readable, and not ours to write: a copy is.
function copied(directory: string, files: readonly string[]): Examined {
  const folder = join(directory, MEND_FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  for (const name of files) {
    copyDurably(join(directory, name), join(folder, name));
    syncFile(join(folder, name));
  }
  syncFolder(folder);
  return mending('foreign', 'hot_damaged', files, {
    kind: 'hot_unreadable',
    subject: 'hot.duckdb',
    found: 'may not be written by this user',
    done: 'moved to quarantine; a copy takes its place',
  });
}

function whole(kind: Finding['kind'], found: string): Examined {
  const done = 'moved to quarantine; a new one made';
  return mending('hot', 'hot_damaged', [], { kind, subject: 'hot.duckdb', found, done });
}

function mending(
  what: QuarantineKind,
  reason: Replacement['reason'],
  put: readonly string[],
  finding: Finding,
): Examined {
  return { mending: { what, reason, put, finding }, notes: [] };
}

/** Whether a gateway has ever written here: then hot.duckdb must be there. */
function hasEvidence(directory: string, names: readonly string[]): boolean {
  if (names.some((name) => name === 'ledger.jsonl' || name === 'watermarks')) return true;
  if (hotFiles(names).some((name) => name !== 'hot.duckdb')) return true;
  const streams = join(directory, 'streams');
  return names.includes('streams') && readdirSync(streams).length > 0;
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
