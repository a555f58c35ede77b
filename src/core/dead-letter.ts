// Dead letters as they are listed and worked on, on both threads.

import type { RawMessage } from './raw-message.ts';

/** Empty texts and an empty list mean any. */
export interface DeadLetterFilter {
  readonly profile: string;
  readonly reason: string;
  /** A glob. */
  readonly topic: string;
  readonly ids: readonly number[];
}

export interface DeadLetterEntry
  extends Pick<
    RawMessage,
    'receivedAtUs' | 'source' | 'topic' | 'isRetained' | 'isRedelivered' | 'fault'
  > {
  /** Its number: those that came later have greater ones. */
  readonly id: number;
  /** The profile that read it; empty when none matched. */
  readonly profile: string;
  readonly reason: string;
  readonly detail: string;
  /** Other parts of the message became readings when it came. */
  readonly isPartial: boolean;
  readonly bytes: number;
}

export interface DeadLetterWithPayload extends DeadLetterEntry {
  readonly payload: Uint8Array;
  /** Which other parts: the log's own notes; empty where it is not partial. */
  readonly parts: Uint8Array;
}

/** The letters to work on: those of the filter from number `from` on, at most `limit`. */
export interface DeadLetterWork {
  readonly filter: DeadLetterFilter;
  readonly from: number;
  readonly limit: number;
}

export interface DeadLetterPageRequest extends Omit<DeadLetterWork, 'from'> {
  readonly order: 'oldest' | 'newest';
  /** The number of the page's first letter, or beyond it; null is the beginning. */
  readonly from: number | null;
}

export interface Reprocessed {
  /** Letters that are no longer dead. */
  readonly letters: number;
  /** Readings that came of them. */
  readonly readings: number;
  /** Letters that are dead still. */
  readonly kept: number;
  /** Where to go on; null when all were looked at. */
  readonly next: number | null;
}

export interface Purged {
  readonly letters: number;
  readonly next: number | null;
}
