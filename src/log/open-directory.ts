// From a data directory in whatever state to one that is locked, mended and open.

import { databasePath, lockDirectory, syncFolder } from './data-directory.ts';
import { Database } from './database.ts';
import type { DirectoryLock } from './directory-lock.ts';
import { Ledger } from './ledger.ts';
import type { LogOptions } from './log-options.ts';
import { mendDirectory } from './recovery/mend-directory.ts';
import { Watermarks } from './watermarks.ts';

/** Whoever closes it closes the database first and releases the lock last. */
export interface OpenDirectory {
  readonly lock: DirectoryLock;
  readonly database: Database;
  readonly ledger: Ledger;
  readonly watermarks: Watermarks;
}

/** Throws DATA_DIR_IN_USE, DATA_DIR_UNUSABLE or LOG_CORRUPT; the directory is unlocked then. */
export async function openDirectory(options: LogOptions): Promise<OpenDirectory> {
  const { directory, clock, lossesMax } = options;
  const lock = lockDirectory(directory);
  try {
    const { memoryBytesMax } = options.database;
    await mendDirectory(directory, { memoryBytesMax, nowUs: clock() });
    const ledger = await Ledger.open(directory, { lossesMax });
    const watermarks = Watermarks.open(directory);
    const database = await Database.open(databasePath(directory), options.database);
    syncFolder(directory);
    return { lock, database, ledger, watermarks };
  } catch (error) {
    lock.release();
    throw error;
  }
}
