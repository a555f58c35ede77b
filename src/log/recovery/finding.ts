// What recovery found and what became of it: the same list in diagnostic lines, in `millpond doctor`
// and in tests.

import { MillpondError } from '../../core/errors.ts';

/** Stable names of what can be found in a data directory. */
export type FindingKind =
  | 'wal_torn'
  | 'wal_damaged'
  | 'hot_damaged'
  | 'hot_unreadable'
  | 'hot_missing'
  | 'mend_interrupted'
  | 'not_checked'
  | 'record_unusable'
  | 'record_damaged'
  | 'segment_missing'
  | 'segment_damaged'
  | 'segment_misplaced'
  | 'segment_unregistered'
  | 'segment_leftover'
  | 'offsets_lost'
  | 'quarantine_trimmed';

export interface Finding {
  readonly kind: FindingKind;
  /** The file below the data directory, or the stream. */
  readonly subject: string;
  /** What is wrong with it. */
  readonly found: string;
  /** What is done about it, as a past participle: `moved to quarantine/…`. */
  readonly done: string;
}

/** What a power cut leaves behind even where nothing is lost. */
const usual: readonly FindingKind[] = ['wal_torn', 'segment_leftover'];

/** What whoever runs the gateway should know of a start: everything but the usual. */
export function noticesOf(findings: readonly Finding[]): MillpondError[] {
  return findings
    .filter(({ kind }) => !usual.includes(kind))
    .map((finding) => new MillpondError('LOG_MENDED', findingText(finding, true)));
}

/** One line for people. */
export function findingText({ subject, found, done }: Finding, isDone: boolean): string {
  return `${subject}: ${found}; ${isDone ? '' : 'to be '}${done}`;
}
