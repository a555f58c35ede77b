// After hot.duckdb was opened: holds its tables against the sealed files, the ledger and the
// watermarks, and puts right what differs, in one transaction. Then no offset can be given out twice,
// and what is missing is on record.

import { renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { syncFolder } from '../data-directory.ts';
import type { Database } from '../database.ts';
import type { Loss } from '../loss-book.ts';
import { inspectSegmentFiles } from './database-check.ts';
import type { LedgerEvidence, WatermarkEvidence } from './evidence.ts';
import { type Query, readFacts, type TableFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { planHot, statementsOf } from './hot-plan.ts';
import type { MendReport } from './mend-directory.ts';
import { quarantineFile } from './quarantine.ts';
import {
  insertLoss,
  refillLosses,
  refillPositions,
  refillSeries,
  type Statement,
} from './refill.ts';
import { finishReplacement } from './replacement.ts';
import { listSegmentFiles, MOVING_SUFFIX, segmentPathOf } from './segment-files.ts';
import { type Inspected, planSegments, type SegmentPlan, suspectsOf } from './segment-plan.ts';
import { type KnownStream, planStreams } from './stream-plan.ts';

export interface ReconcileInput {
  readonly directory: string;
  readonly query: Query;
  readonly ledger: LedgerEvidence;
  readonly watermarks: WatermarkEvidence;
  readonly mended: MendReport;
  readonly nowUs: number;
  readonly memoryBytesMax: number;
  /** Whether every sealed file is read whole and held against its checksum: minutes, maybe. */
  readonly isFullCheck?: boolean;
}

export interface ReconcilePlan {
  readonly findings: readonly Finding[];
  /** Found lost now; to be noted in the ledger as well. */
  readonly losses: readonly Loss[];
  /** Where each stream goes on. */
  readonly streams: readonly KnownStream[];
  readonly statements: readonly Statement[];
  readonly files: SegmentPlan;
}

/** Reads only. Throws what the disk or DuckDB throws. */
export async function planReconcile(input: ReconcileInput): Promise<ReconcilePlan> {
  const { directory, ledger, mended, nowUs } = input;
  const isDamaged = mended.damage !== null;
  const facts = await readFacts(input.query);
  const files = await planFiles(input, facts);
  const streams = planStreams({
    facts,
    files,
    ledger,
    watermarks: input.watermarks,
    mended,
    nowUs,
  });
  const statements: Statement[] = [...streams.statements];
  const idOf = new Map(streams.streams.map(({ id, name }) => [name, id]));
  for (const { stream, first } of files.unregistered) {
    const sql = 'delete from segments where stream = $1 and first_offset = $2::bigint';
    statements.push({ sql, values: [idOf.get(stream) ?? -1, first] });
  }
  for (const segment of files.registered) {
    statements.push(insertSegment(idOf.get(segment.stream) ?? -1, segment, nowUs));
  }
  for (const [name, id] of idOf) {
    const tables = facts.hot.filter(({ stream }) => stream === id);
    const sealed = [...facts.segments, ...files.registered].filter(({ stream }) => stream === name);
    for (const change of planHot(tables, sealed)) {
      statements.push(...statementsOf(change).map((sql) => ({ sql, values: [] })));
    }
  }
  // A ledger that is not whole may lack what the database, if that is whole, has.
  if (isDamaged || ledger.isWhole) statements.push(...refillPositions(facts, ledger));
  if (isDamaged) {
    const sealed = [...facts.segments, ...files.registered].filter(
      (segment) => !files.unregistered.some((gone) => gone === segment),
    );
    statements.push(
      ...refillLosses(facts, ledger),
      ...(await refillSeries(input.query, {
        directory,
        ledger,
        sealed: sealed.map(({ stream, first }) => presentPath(files, segmentPathOf(stream, first))),
        hotTables: facts.hot.map(({ table }) => table),
      })),
    );
  }
  statements.push(...streams.losses.map(insertLoss));
  return {
    findings: [...files.findings, ...streams.findings],
    losses: streams.losses,
    streams: streams.streams,
    statements,
    files,
  };
}

/** Where a file is before the plan moves it. */
function presentPath(files: SegmentPlan, path: string): string {
  return files.moved.find(({ to }) => to === path)?.from ?? path;
}

/**
 * Does what the plan says: files that go aside first, then the tables in one transaction, then the
 * files that nothing refers to any more. What was mended before is accounted for when it resolves.
 */
export async function applyReconcile(
  database: Database,
  plan: ReconcilePlan,
  { directory, nowUs }: Pick<ReconcileInput, 'directory' | 'nowUs'>,
): Promise<void> {
  for (const path of plan.files.quarantined) quarantineFile(directory, path, 'segment', nowUs);
  moveFiles(directory, plan.files.moved);
  if (plan.statements.length > 0) {
    await database.transaction(async () => {
      for (const { sql, values } of plan.statements) {
        await database.writer.run(sql, [...values]);
      }
    });
  }
  for (const path of plan.files.deleted) rmSync(join(directory, path), { force: true });
  finishReplacement(directory);
}

// By way of another name each, so that two that are swapped do not overwrite each other.
function moveFiles(directory: string, moves: SegmentPlan['moved']): void {
  for (const { from, to } of moves) {
    renameSync(join(directory, from), join(directory, `${to}${MOVING_SUFFIX}`));
  }
  for (const { to } of moves) {
    renameSync(join(directory, `${to}${MOVING_SUFFIX}`), join(directory, to));
  }
  for (const { from, to } of moves) {
    syncFolder(dirname(join(directory, to)));
    syncFolder(dirname(join(directory, from)));
  }
}

async function planFiles(input: ReconcileInput, facts: TableFacts): Promise<SegmentPlan> {
  const { directory, memoryBytesMax, isFullCheck = false } = input;
  const files = listSegmentFiles(directory);
  const suspects = suspectsOf(facts.segments, files).map(({ path }) => path);
  const settled = isFullCheck
    ? files.filter(
        (file) => file.problem === '' && !file.isTemporary && !suspects.includes(file.path),
      )
    : [];
  const inspected = new Map<string, Inspected>();
  const inspect = async (paths: readonly string[], isChecksumOnly: boolean): Promise<void> => {
    const absolute = paths.map((path) => join(directory, path));
    const answers = await inspectSegmentFiles(absolute, { memoryBytesMax, isChecksumOnly });
    for (const [index, path] of paths.entries()) {
      const answer = answers[index];
      if (answer !== undefined) inspected.set(path, answer);
    }
  };
  await inspect(suspects, false);
  await inspect(
    settled.map(({ path }) => path),
    true,
  );
  return planSegments({
    registered: facts.segments,
    files,
    inspected,
    lowWatermarks: lowWatermarksOf(facts),
    isDamaged: input.mended.damage !== null,
  });
}

function lowWatermarksOf(facts: TableFacts): Map<string, number> {
  const lows = new Map<string, number>();
  for (const [id, name] of facts.streams) {
    const firsts = [
      ...facts.segments.filter(({ streamId }) => streamId === id).map(({ first }) => first),
      ...facts.hot
        .filter(({ stream }) => stream === id)
        .flatMap(({ runs }) => runs[0]?.first ?? []),
    ];
    lows.set(name, firsts.length > 0 ? Math.min(...firsts) : (facts.meta.get(`next:${id}`) ?? 0));
  }
  return lows;
}

function insertSegment(streamId: number, segment: Inspected, nowUs: number): Statement {
  const { first, next, bytes, crc32, firstReceivedUs, lastReceivedUs } = segment;
  return {
    sql: `insert into segments values ($1, $2::bigint, $3::bigint, $4::bigint, $5::bigint,
      make_timestamp($6::bigint), make_timestamp($7::bigint), make_timestamp($8::bigint))`,
    values: [streamId, first, next, bytes, crc32, firstReceivedUs, lastReceivedUs, nowUs],
  };
}
