// What to do about each file in streams/ and each row of the table `segments`, so that they agree
// again. Pure: the files were looked at before.

import type { Finding } from './finding.ts';
import { type SegmentFile, segmentPathOf } from './segment-files.ts';
import { doOverlap, type Range } from './stream-ends.ts';

/** A row of the table `segments`, with its stream's name. */
export interface Registered extends Range {
  readonly stream: string;
  readonly bytes: number;
  readonly crc32: number;
}

/** What is inside a file that was read whole. */
export interface Inspected extends Range {
  readonly bytes: number;
  readonly crc32: number;
  readonly firstReceivedUs: number;
  readonly lastReceivedUs: number;
  /** Empty for a whole segment. */
  readonly problem: string;
}

export interface SegmentLoss extends Range {
  readonly stream: string;
  readonly reason: 'segment_missing' | 'segment_damaged';
  readonly detail: string;
}

export interface SegmentPlan {
  readonly findings: readonly Finding[];
  /** Paths below the data directory. */
  readonly quarantined: readonly string[];
  readonly deleted: readonly string[];
  readonly moved: readonly { readonly from: string; readonly to: string }[];
  readonly unregistered: readonly Registered[];
  readonly registered: readonly (Inspected & { readonly stream: string })[];
  readonly losses: readonly SegmentLoss[];
}

export interface SegmentEvidence {
  readonly registered: readonly Registered[];
  readonly files: readonly SegmentFile[];
  /** By path: the files that `suspectsOf` names. */
  readonly inspected: ReadonlyMap<string, Inspected>;
  /** The oldest offset kept, by stream. */
  readonly lowWatermarks: ReadonlyMap<string, number>;
  /** Whether the table may lack rows: then a file that it does not name is taken back, not deleted. */
  readonly isDamaged: boolean;
}

/** Whether the file in a registered segment's place may be it, without reading it. */
function isPlausible(file: SegmentFile | undefined, registered: Registered): boolean {
  return file !== undefined && file.problem === '' && file.bytes === registered.bytes;
}

function byPath(files: readonly SegmentFile[]): Map<string, SegmentFile> {
  return new Map(files.map((file) => [file.path, file]));
}

/** The files that have to be read whole before anything can be said of them. */
export function suspectsOf(
  registered: readonly Registered[],
  files: readonly SegmentFile[],
): SegmentFile[] {
  const present = byPath(files);
  const settled = new Set<string>();
  for (const segment of registered) {
    const path = segmentPathOf(segment.stream, segment.first);
    if (isPlausible(present.get(path), segment)) settled.add(path);
  }
  return files.filter(
    (file) => !settled.has(file.path) && !file.isTemporary && file.problem === '',
  );
}

export function planSegments(evidence: SegmentEvidence): SegmentPlan {
  const plan = new PlanBuilder(evidence);
  plan.settleRegistered();
  plan.settleRest();
  return plan;
}

class PlanBuilder implements SegmentPlan {
  readonly findings: Finding[] = [];
  readonly quarantined: string[] = [];
  readonly deleted: string[] = [];
  readonly moved: { from: string; to: string }[] = [];
  readonly unregistered: Registered[] = [];
  readonly registered: (Inspected & { stream: string })[] = [];
  readonly losses: SegmentLoss[] = [];
  readonly #evidence: SegmentEvidence;
  /** Files of which nothing is known yet. */
  readonly #open: Map<string, SegmentFile>;
  readonly #kept: Registered[] = [];

  constructor(evidence: SegmentEvidence) {
    this.#evidence = evidence;
    this.#open = byPath(evidence.files);
  }

  settleRegistered(): void {
    const lacking: Registered[] = [];
    for (const segment of this.#evidence.registered) {
      const path = segmentPathOf(segment.stream, segment.first);
      const inspected = this.#evidence.inspected.get(path);
      const file = this.#open.get(path);
      const isWrong = inspected !== undefined && !isSame(inspected, segment);
      if (isPlausible(file, segment) && !isWrong) {
        this.#open.delete(path);
        this.#kept.push(segment);
      } else {
        lacking.push(segment);
      }
    }
    for (const segment of lacking) this.#settleLacking(segment);
  }

  #settleLacking(segment: Registered): void {
    const to = segmentPathOf(segment.stream, segment.first);
    const from = [...this.#open.keys()].find((path) => {
      const inspected = this.#evidence.inspected.get(path);
      return inspected !== undefined && isSame(inspected, segment);
    });
    if (from !== undefined) {
      this.#open.delete(from);
      this.#kept.push(segment);
      this.moved.push({ from, to });
      this.#find('segment_misplaced', from, `is the segment ${to}`, 'renamed');
      return;
    }
    const file = this.#open.get(to);
    const reason = file === undefined ? 'segment_missing' : 'segment_damaged';
    const found = file === undefined ? 'is missing' : this.#wrongWith(file, segment);
    this.unregistered.push(segment);
    this.losses.push({ ...segment, reason, detail: `${to} ${found}` });
    const range = `offsets ${segment.first} to ${segment.next - 1} recorded as lost`;
    if (file === undefined) this.#find(reason, to, found, range);
  }

  #wrongWith(file: SegmentFile, { bytes, crc32 }: Registered): string {
    if (file.problem !== '') return file.problem;
    if (file.bytes !== bytes) return `has ${file.bytes} bytes, not ${bytes}`;
    return `does not have the checksum ${crc32}`;
  }

  settleRest(): void {
    for (const file of this.#open.values()) {
      if (file.isTemporary) {
        this.deleted.push(file.path);
        this.#find('segment_leftover', file.path, 'was not written to its end', 'deleted');
      } else {
        this.#settleUnregistered(file);
      }
    }
  }

  #settleUnregistered(file: SegmentFile): void {
    const inspected = this.#evidence.inspected.get(file.path);
    const place = segmentPathOf(file.stream, inspected?.first ?? file.first);
    const wasRegistered = this.unregistered.some(
      ({ stream, first }) => segmentPathOf(stream, first) === file.path,
    );
    if (inspected === undefined || inspected.problem !== '' || wasRegistered) {
      const found = file.problem || inspected?.problem || 'is not what was sealed';
      this.quarantined.push(file.path);
      this.#find('segment_damaged', file.path, found, 'moved to quarantine');
      return;
    }
    const low = this.#evidence.lowWatermarks.get(file.stream) ?? 0;
    if (inspected.next <= low && !this.#evidence.isDamaged) {
      this.deleted.push(file.path);
      this.#find('segment_leftover', file.path, 'was dropped before', 'deleted');
      return;
    }
    const ofStream = [...this.#kept, ...this.registered].filter((s) => s.stream === file.stream);
    if (ofStream.some((segment) => doOverlap(segment, inspected))) {
      this.quarantined.push(file.path);
      this.#find(
        'segment_unregistered',
        file.path,
        'has offsets of another one',
        'moved to quarantine',
      );
      return;
    }
    if (place !== file.path) this.moved.push({ from: file.path, to: place });
    this.registered.push({ ...inspected, stream: file.stream });
    this.#find('segment_unregistered', file.path, 'is whole and was not registered', 'registered');
  }

  #find(kind: Finding['kind'], subject: string, found: string, done: string): void {
    this.findings.push({ kind, subject, found, done });
  }
}

function isSame(inspected: Inspected, registered: Registered): boolean {
  return inspected.bytes === registered.bytes && inspected.crc32 === registered.crc32;
}
