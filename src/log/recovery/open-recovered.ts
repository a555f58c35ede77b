// Opens hot.duckdb whatever state its directory is in: mended before, reconciled after. What the log
// calls at its start.

import { MillpondError } from '../../core/errors.ts';
import { databasePath } from '../data-directory.ts';
import { Database, type DatabaseSettings } from '../database.ts';
import type { Ledger } from '../ledger.ts';
import type { Watermarks } from '../watermarks.ts';
import { type LedgerEvidence, noLedger } from './evidence.ts';
import type { Finding } from './finding.ts';
import { type MendReport, mendDirectory } from './mend-directory.ts';
import { openRecords } from './open-records.ts';
import type { QuarantineLimit } from './quarantine-limit.ts';
import { applyReconcile, planReconcile, type ReconcileInput } from './reconcile.ts';

export interface RecoverOptions {
  /** Locked by the caller. */
  readonly directory: string;
  readonly database: DatabaseSettings;
  readonly lossesMax: number;
  readonly nowUs: number;
  readonly quarantine: Pick<QuarantineLimit, 'trim'>;
  /** Whether every sealed file is read whole. */
  readonly isFullCheck?: boolean;
}

export interface Recovered {
  readonly database: Database;
  /** What was lost now is noted in it; the next `sync` makes it durable. */
  readonly ledger: Ledger;
  readonly watermarks: Watermarks;
  readonly findings: readonly Finding[];
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
    const records = await openRecords(options);
    const { ledger, watermarks } = records;
    const input = reconcileInput(options, { mended, ...records }, (sql) => database.rows(sql));
    const plan = await planReconcile(input);
    await applyReconcile(database, plan, options);
    for (const loss of plan.losses) ledger.noteLoss(loss);
    const trimmed = options.quarantine.trim({ isDryRun: false });
    const findings = [...mended.findings, ...records.findings, ...plan.findings, ...trimmed];
    return { database, ledger, watermarks, findings };
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

export function reconcileInput(
  options: RecoverOptions,
  found: { mended: MendReport; ledger: Ledger | null; watermarks: Watermarks },
  query: ReconcileInput['query'],
): ReconcileInput {
  const { directory, nowUs, isFullCheck = false } = options;
  return {
    directory,
    query,
    ledger: found.ledger === null ? noLedger : evidenceOf(found.ledger),
    watermarks: found.watermarks.found,
    mended: found.mended,
    nowUs,
    memoryBytesMax: options.database.memoryBytesMax,
    isFullCheck,
  };
}

function evidenceOf(ledger: Ledger): LedgerEvidence {
  return {
    streams: ledger.state.streams(),
    positions: ledger.state.positions(),
    removals: ledger.state.removals(),
    losses: ledger.state.losses.all(),
    isWhole: !ledger.found.isMissing && !ledger.isDamaged,
    readSeries: (each) => ledger.readSeries(each),
  };
}
