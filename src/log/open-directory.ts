// From a data directory in whatever state to one that is locked, mended, open, and in agreement with
// itself.

import { lockDirectory, syncFolder } from './data-directory.ts';
import type { Database } from './database.ts';
import type { DirectoryLock } from './directory-lock.ts';
import type { Ledger } from './ledger.ts';
import type { LogOptions } from './log-options.ts';
import { noticesOf } from './recovery/finding.ts';
import { openRecovered } from './recovery/open-recovered.ts';
import type { Watermarks } from './watermarks.ts';

/** Whoever closes it closes the database first and releases the lock last. */
export interface OpenDirectory {
  readonly lock: DirectoryLock;
  readonly database: Database;
  readonly ledger: Ledger;
  readonly watermarks: Watermarks;
  /** How many things were wrong, and were put right. */
  readonly recoveryFindings: number;
}

/** Throws DATA_DIR_IN_USE, DATA_DIR_UNUSABLE or LOG_CORRUPT; the directory is unlocked then. */
export async function openDirectory(options: LogOptions): Promise<OpenDirectory> {
  const { directory, clock, events } = options;
  const lock = lockDirectory(directory);
  try {
    const recovered = await openRecovered({ ...options, nowUs: clock() });
    for (const error of noticesOf(recovered.findings)) events.notice(error);
    syncFolder(directory);
    const { database, ledger, watermarks } = recovered;
    const recoveryFindings = recovered.findings.length;
    return { lock, database, ledger, watermarks, recoveryFindings };
  } catch (error) {
    lock.release();
    throw error;
  }
}
