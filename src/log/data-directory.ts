// The data directory: made if it is missing, checked, locked.

import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MillpondError } from '../core/errors.ts';
import { DirectoryLock } from './directory-lock.ts';

export function databasePath(directory: string): string {
  return join(directory, 'hot.duckdb');
}

/** Makes the directory ready and takes its lock. Throws DATA_DIR_UNUSABLE or DATA_DIR_IN_USE. */
export function lockDirectory(directory: string): DirectoryLock {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o750 });
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
