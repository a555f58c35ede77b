// The data directory: made if it is missing, checked, locked.

import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { MillpondError } from '../core/errors.ts';
import { DirectoryLock } from './directory-lock.ts';

export function databasePath(directory: string): string {
  return join(directory, 'hot.duckdb');
}

/** Makes the directory ready and takes its lock. Throws DATA_DIR_UNUSABLE or DATA_DIR_IN_USE. */
export function lockDirectory(directory: string): DirectoryLock {
  try {
    makeDurably(resolve(directory));
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return DirectoryLock.take(directory);
  } catch (cause) {
    if (cause instanceof MillpondError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MillpondError(
      'DATA_DIR_UNUSABLE',
      `The data directory ${directory} cannot be used: ${why}`,
      { cause },
    );
  }
}

function makeDurably(directory: string): void {
  const firstMade = mkdirSync(directory, { recursive: true, mode: 0o750 });
  if (firstMade === undefined) return;
  for (let made = directory; made.length >= firstMade.length; made = dirname(made)) {
    syncFolder(dirname(made));
  }
}

/**
 * Makes the names in a folder durable: a file's own fsync is for its bytes, and after a power cut
 * they may be there without a name.
 */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
