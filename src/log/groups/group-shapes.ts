// The shapes in which the state of a group is given in and out.

import type { Member } from './device-queue.ts';
import type { RevivedLetter } from './revived-letters.ts';
import type { Tries } from './try-book.ts';

export interface GroupLimits {
  /** What a member may hold and be given, together. */
  readonly creditsMax: number;
  /** How far the group may look beyond its floor. */
  readonly windowReadings: number;
  readonly backOffMs: { readonly first: number; readonly max: number };
}

/** What a group is made again from; after a restart without tries. */
export interface GroupStart {
  readonly floor: number;
  /** Ranges [first, next) above the floor that are settled, in order. */
  readonly settled: readonly number[];
  readonly tries: ReadonlyMap<number, Tries>;
  /** Dead letters that are to be sent round again. */
  readonly revived: readonly RevivedLetter[];
}

/** Readings for one member, in the order of their offsets. */
export interface Picked {
  readonly member: Member;
  readonly offsets: readonly number[];
  /** Dead letters that are sent round again, all of them, or none. */
  readonly areLetters: boolean;
}

/** A reading that failed too often. */
export interface Dying {
  readonly offset: number;
  readonly failures: number;
  readonly reason: string;
}

/** Offsets of a request that did not count. */
export interface Refused {
  readonly notHeld: number[];
  readonly settled: number[];
}
