// `millpond doctor`: what a start would find and do, with every sealed file read whole; done as a
// start does it, or only said.

import { statSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { MillpondError } from '../../core/errors.ts';
import { lockDirectory } from '../data-directory.ts';
import { migrate } from '../migrate.ts';
import type { Finding } from './finding.ts';
import { mendDirectory } from './mend-directory.ts';
import { lookAtRecords } from './open-records.ts';
import { openRecovered, type RecoverOptions, reconcileInput } from './open-recovered.ts';
import { planReconcile } from './reconcile.ts';
import { clearMended, readJournal } from './replacement.ts';

/** Throws DATA_DIR_IN_USE while a gateway has the directory, DATA_DIR_UNUSABLE if there is none. */
export async function examineDirectory(
  options: RecoverOptions,
  { isDryRun }: { readonly isDryRun: boolean },
): Promise<readonly Finding[]> {
  const { directory } = options;
  if (!(statSync(directory, { throwIfNoEntry: false })?.isDirectory() ?? false)) {
    throw new MillpondError('DATA_DIR_UNUSABLE', `There is no data directory ${directory}.`);
  }
  const lock = lockDirectory(directory);
  try {
    const full = { ...options, isFullCheck: true };
    if (isDryRun) return await say(full);
    const { database, ledger, findings } = await openRecovered(full);
    await database.checkpoint();
    await database.close();
    // One that is missing is made by the log, whole.
    if (!ledger.found.isMissing) await ledger.close();
    return findings;
  } finally {
    lock.release();
  }
}

/** What `openRecovered` would find; the directory stays as it is. */
async function say(options: RecoverOptions): Promise<readonly Finding[]> {
  const { directory, nowUs } = options;
  const { memoryBytesMax } = options.database;
  const isInterrupted = readJournal(directory)?.isPlaced === false;
  try {
    const mended = await mendDirectory(directory, { memoryBytesMax, nowUs, isDryRun: true });
    // A new database, in memory, where a start would make one.
    const instance = await (mended.database === null
      ? DuckDBInstance.create(':memory:')
      : DuckDBInstance.create(mended.database, {
          access_mode: 'READ_ONLY',
          memory_limit: `${memoryBytesMax}B`,
          threads: '1',
          temp_directory: '',
          autoinstall_known_extensions: 'false',
          autoload_known_extensions: 'false',
        }));
    const connection = await instance.connect();
    try {
      if (mended.database === null) await migrate(connection, directory);
      const query = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjects();
      const records = await lookAtRecords(options);
      const plan = await planReconcile(reconcileInput(options, { mended, ...records }, query));
      const trimmed = options.quarantine.trim({ isDryRun: true });
      return [...mended.findings, ...records.findings, ...plan.findings, ...trimmed];
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  } finally {
    // What an interrupted start had made ready is still needed.
    if (!isInterrupted) clearMended(directory);
  }
}
