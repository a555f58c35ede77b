// Which streams there are after a start, where each goes on, and what it lost: from the tables, the
// sealed files, the ledger and the watermarks. Pure.

import type { LossReason } from '../../core/loss-reason.ts';
import type { Loss } from '../loss-book.ts';
import type { LedgerEvidence, WatermarkEvidence } from './evidence.ts';
import type { TableFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import type { MendReport } from './mend-directory.ts';
import type { Statement } from './refill.ts';
import type { SegmentPlan } from './segment-plan.ts';
import { holesOf, nextOffsetOf, type Range } from './stream-ends.ts';

export interface KnownStream {
  readonly id: number;
  readonly name: string;
  /** The next offset to be given out. */
  readonly next: number;
}

export interface StreamPlan {
  readonly streams: readonly KnownStream[];
  readonly losses: readonly Loss[];
  readonly findings: readonly Finding[];
  readonly statements: readonly Statement[];
}

interface StreamEvidence {
  readonly facts: TableFacts;
  readonly files: SegmentPlan;
  readonly ledger: LedgerEvidence;
  readonly watermarks: WatermarkEvidence;
  readonly mended: MendReport;
  readonly nowUs: number;
}

export function planStreams(evidence: StreamEvidence): StreamPlan {
  const streams: KnownStream[] = [];
  const losses: Loss[] = [];
  const findings: Finding[] = [];
  const statements: Statement[] = [];
  const { facts, files, nowUs } = evidence;
  for (const { stream, first, next, reason, detail } of files.losses) {
    losses.push(lossOf({ stream, reason, detail, nowUs }, { first, next }));
  }
  for (const [id, name] of namesOf(evidence)) {
    if (!facts.streams.has(id)) {
      statements.push({ sql: 'insert into streams values ($1, $2)', values: [id, name] });
    }
    const { next, holes, recovered } = endOf(evidence, id, name);
    streams.push({ id, name, next });
    for (const hole of holes) {
      const isAtEnd = hole.first >= recovered;
      const reason = evidence.mended.damage ?? (isAtEnd ? 'wal_damaged' : 'hot_damaged');
      const detail = 'not there any more after a start; at most so many';
      losses.push(lossOf({ stream: name, reason, detail, nowUs }, hole));
      const found = `offsets ${hole.first} to ${hole.next - 1} are not there any more`;
      findings.push({ kind: 'offsets_lost', subject: name, found, done: 'recorded as lost' });
    }
    if (next > recovered || evidence.mended.damage !== null) {
      const key = `next:${id}`;
      statements.push({ sql: 'delete from meta where key = $1', values: [key] });
      statements.push({ sql: 'insert into meta values ($1, $2)', values: [key, String(next)] });
    }
  }
  const letters = lostDeadLetters(evidence);
  if (letters > 0) {
    const detail = 'dead letters that were in the database';
    losses.push({
      stream: '',
      firstOffset: -1,
      lastOffset: -1,
      count: letters,
      reason: 'dead_letters_damaged',
      detail,
      atUs: nowUs,
    });
    const found = `${letters} are not there any more`;
    findings.push({
      kind: 'offsets_lost',
      subject: 'dead letters',
      found,
      done: 'recorded as lost',
    });
  }
  return { streams, losses, findings, statements };
}

/** By number: out of the table, the ledger, and the folders of streams that neither knows. */
function namesOf({ facts, files, ledger }: StreamEvidence): Map<number, string> {
  const names = new Map(facts.streams);
  for (const { id, name } of ledger.streams) if (name !== '' && !names.has(id)) names.set(id, name);
  const isKnown = (name: string): boolean => [...names.values()].includes(name);
  for (const { stream } of files.registered) {
    if (!isKnown(stream)) names.set(Math.max(-1, ...names.keys()) + 1, stream);
  }
  return names;
}

function endOf(
  { facts, files, ledger, watermarks, mended }: StreamEvidence,
  id: number,
  name: string,
): { next: number; recovered: number; holes: Range[] } {
  const gone = new Set<object>(files.unregistered);
  const data: Range[] = [
    ...facts.segments.filter((segment) => segment.streamId === id && !gone.has(segment)),
    ...files.registered.filter(({ stream }) => stream === name),
    ...facts.hot.filter(({ stream }) => stream === id).flatMap(({ runs }) => runs),
  ];
  const lost: Range[] = [
    ...facts.losses.filter(({ stream }) => stream === name),
    ...files.losses.filter(({ stream }) => stream === name),
    ...ledger.losses.flatMap((loss) => rangeOf(loss, name)),
  ];
  const positions = ledger.positions.filter(({ stream }) => stream === name);
  const recovered = Math.max(
    0,
    ...data.map(({ next }) => next),
    ...lost.map(({ next }) => next),
    ...positions.map(({ nextOffset }) => nextOffset),
    ...[...facts.positions].flatMap(([key, { nextOffset }]) =>
      key.startsWith(`${name}\n`) ? nextOffset : [],
    ),
    facts.meta.get(`next:${id}`) ?? 0,
    facts.meta.get(`devices_as_of:${id}`) ?? 0,
  );
  const isDamaged = mended.damage !== null;
  const isKnown = facts.streams.has(id) || ledger.streams.some((stream) => stream.id === id);
  const next = nextOffsetOf({
    recovered,
    // A stream that only its folder tells of has a new number.
    watermark: isKnown ? (watermarks.nextByStream.get(id) ?? -1) : -1,
    isExact: watermarks.isThisBoot,
    reserve: ledger.streams.find((stream) => stream.id === id)?.reserve ?? 0,
    isDamaged,
  });
  return { next, recovered, holes: holesFrom(data, lost, { recovered, next, isDamaged }) };
}

// What retention dropped before the oldest row is no hole; of a stream without any row, what is on
// record was lost before those that went now.
function holesFrom(
  data: readonly Range[],
  lost: readonly Range[],
  { recovered, next, isDamaged }: { recovered: number; next: number; isDamaged: boolean },
): Range[] {
  const recorded = Math.max(0, ...lost.map((range) => range.next));
  const empty = isDamaged ? recorded : recovered;
  const from = data.length > 0 ? Math.min(...data.map(({ first }) => first)) : empty;
  const later = lost.filter((range) => range.next > from);
  return holesOf([{ first: from, next: from }, ...data, ...later], next);
}

function rangeOf({ stream, firstOffset, lastOffset }: Loss, name: string): Range[] {
  if (stream !== name || firstOffset < 0) return [];
  return [{ first: firstOffset, next: lastOffset + 1 }];
}

function lossOf(
  loss: { stream: string; reason: LossReason; detail: string; nowUs: number },
  { first, next }: Range,
): Loss {
  const { stream, reason, detail, nowUs } = loss;
  const count = next - first;
  return { stream, firstOffset: first, lastOffset: next - 1, count, reason, detail, atUs: nowUs };
}

/** How many of the letters that the watermarks tell of are not in the table. */
function lostDeadLetters({ facts, watermarks, mended }: StreamEvidence): number {
  if (mended.damage === null || watermarks.deadLetters === null) return 0;
  const { first, next } = watermarks.deadLetters;
  return Math.max(0, next - first - facts.deadLetters.count);
}
