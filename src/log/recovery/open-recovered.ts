// Opens hot.duckdb whatever state its directory is in: mended before, reconciled after. What the log
// calls at its start.

import { MillpondError } from '../../core/errors.ts';
import { databasePath } from '../data-directory.ts';
import { Database, type DatabaseSettings } from '../database.ts';
import { Ledger } from '../ledger.ts';
import { Watermarks } from '../watermarks.ts';
import { type LedgerEvidence, noLedger, type RecordedLoss } from './evidence.ts';
import type { Finding } from './finding.ts';
import { type MendReport, mendDirectory } from './mend-directory.ts';
import { applyReconcile, planReconcile, type ReconcileInput } from './reconcile.ts';

export interface RecoverOptions {
  /** Locked by the caller. */
  readonly directory: string;
  readonly database: DatabaseSettings;
  readonly lossesMax: number;
  readonly nowUs: number;
  /** Whether every sealed file is read whole. */
  readonly isFullCheck?: boolean;
}

export interface Recovered {
  readonly database: Database;
  readonly findings: readonly Finding[];
  /** Recorded in the database now; for the ledger as well. */
  readonly losses: readonly RecordedLoss[];
}

/** Throws DATA_DIR_IN_USE, DATA_DIR_UNUSABLE, and what a disk that is full or away makes it throw. */
export async function openRecovered(options: RecoverOptions): Promise<Recovered> {
  const { directory, nowUs } = options;
  const memoryBytesMax = options.database.memoryBytesMax;
  let mended = await mendDirectory(directory, { memoryBytesMax, nowUs });
  let database: Database;
  try {
    database = await Database.open(databasePath(directory), options.database);
  } catch (error) {
    if (!isHopeless(error)) throw error;
    mended = await mendDirectory(directory, { memoryBytesMax, nowUs, refused: error.message });
    database = await Database.open(databasePath(directory), options.database);
  }
  try {
    const input = await reconcileInput(options, mended, (sql) => database.rows(sql));
    const plan = await planReconcile(input);
    await applyReconcile(database, plan, options);
    const findings = [...mended.findings, ...plan.findings];
    return { database, findings, losses: plan.losses };
  } catch (error) {
    await database.close();
    throw error;
  }
}

// The check found nothing and the log cannot open it all the same.
function isHopeless(error: unknown): error is MillpondError {
  if (!(error instanceof MillpondError) || error.code !== 'LOG_CORRUPT') return false;
  return !/out of memory|too many open files|cannot allocate|no space left/i.test(error.message);
}

export async function reconcileInput(
  options: RecoverOptions,
  mended: MendReport,
  query: ReconcileInput['query'],
): Promise<ReconcileInput> {
  const { directory, nowUs, isFullCheck = false } = options;
  return {
    directory,
    query,
    ledger: await ledgerEvidence(directory, options.lossesMax),
    watermarks: Watermarks.open(directory).found,
    mended,
    nowUs,
    memoryBytesMax: options.database.memoryBytesMax,
    isFullCheck,
  };
}

/** A ledger that cannot be read says nothing; one of a later version throws DATA_DIR_UNUSABLE. */
async function ledgerEvidence(directory: string, lossesMax: number): Promise<LedgerEvidence> {
  let ledger: Ledger;
  try {
    ledger = await Ledger.open(directory, { lossesMax });
  } catch (error) {
    if (error instanceof MillpondError) throw error;
    return noLedger;
  }
  return {
    streams: ledger.state.streams(),
    positions: ledger.state.positions(),
    losses: ledger.state.losses.all(),
    isWhole: !ledger.found.isMissing && !ledger.isDamaged,
    readSeries: (each) => ledger.readSeries(each),
  };
}
