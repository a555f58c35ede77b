// The contract of consumer groups: what a member's call on the I/O thread says to the group on the
// log thread and hears from it, and what a group tells of itself. Offsets are numbers within 2^53,
// times microseconds since the Unix epoch.

import type { StartRequest } from './contracts.ts';
import type { MillpondError } from './errors.ts';
import type { Page } from './log-inspection.ts';

/** What holds for all members of a group. */
export interface GroupSettings {
  readonly ackDeadlineMs: number;
  /** Failures after which a reading is dead; 0: never given up. */
  readonly deliveriesMax: number;
  /** Globs, empty for all: what does not match counts as done. */
  readonly devices: readonly string[];
  readonly metrics: readonly string[];
}

export interface JoinRequest {
  readonly stream: string;
  readonly group: string;
  /** The name that the member gave itself, for people; may be empty, need not be unique. */
  readonly name: string;
  /** For a group that does not exist yet. */
  readonly start: StartRequest['start'];
  readonly settings: GroupSettings;
}

export type MemberAction =
  /** Adds; the total is cut to consume.creditsMax. */
  | { readonly kind: 'credit'; readonly count: number }
  | { readonly kind: 'ack'; readonly id: number; readonly offsets: readonly number[] }
  | {
      readonly kind: 'nack';
      readonly id: number;
      readonly offsets: readonly number[];
      /** Null: the usual back-off. */
      readonly delayMs: number | null;
      readonly reason: string;
    }
  /** Still working: the deadline begins anew. No offsets mean all that the member holds. */
  | { readonly kind: 'extend'; readonly id: number; readonly offsets: readonly number[] }
  /** The last delivery is out of the gateway's hands: the next may come. */
  | { readonly kind: 'written' }
  /**
   * The last action of a member. A goodbye (half-closed call) still gets the `settled` of what it
   * sent before, and no more deliveries; after a death (cancelled, broken) nothing is emitted.
   */
  | { readonly kind: 'leave'; readonly isGoodbye: boolean };

/** What of a request did not count. */
export interface SettleFault {
  readonly id: number;
  readonly code: 'ACK_NOT_HELD' | 'ACK_ALREADY_SETTLED';
  readonly offsets: readonly number[];
}

export type MemberEvent =
  /** Encoded `ConsumeResponse` messages: ranges [start, end) of one buffer to be transferred. */
  | {
      readonly kind: 'delivery';
      readonly buffer: ArrayBuffer;
      readonly ranges: readonly number[];
      readonly readings: number;
    }
  /** Durable: all acks, nacks and extends up to `throughId`, but for the faults. */
  | {
      readonly kind: 'settled';
      readonly throughId: number;
      readonly faults: readonly SettleFault[];
    }
  | { readonly kind: 'gap'; readonly first: number; readonly next: number; readonly reason: string }
  /** The group cannot go on for this member, who is out of it. The last event. */
  | { readonly kind: 'ended'; readonly error: MillpondError };

export interface Joined {
  /** Tells the member from all others, as long as the gateway runs. */
  readonly member: number;
  /** What holds for the group. */
  readonly settings: GroupSettings;
}

/** A member as its call holds it, on the I/O thread. */
export interface Membership extends Joined {
  act(action: MemberAction): void;
  /** Nothing is received from here on. It says nothing to the group: `leave` does. */
  close(): void;
}

/** The groups as the members' calls see them, from the I/O thread. */
export interface GroupGate {
  /**
   * Events come after the member's first action. Throws STREAM_UNKNOWN, OFFSET_BEYOND_END,
   * CONSUMER_NAME_INVALID and what else a group refuses a member for.
   */
  join(
    request: JoinRequest,
    receive: (events: readonly MemberEvent[]) => void,
  ): Promise<Membership>;
}

export interface GroupMember {
  readonly id: number;
  readonly name: string;
  readonly joinedAtUs: number;
  readonly credits: number;
  readonly inFlight: number;
  /** Null until its first ack. */
  readonly lastAckAtUs: number | null;
  /** The earliest deadline of what it holds; null if it holds nothing. */
  readonly oldestDeadlineUs: number | null;
}

export interface GroupStatus {
  readonly stream: string;
  readonly group: string;
  /** The floor: everything below is settled. */
  readonly nextOffset: number;
  /** Readings above the floor that are settled. */
  readonly settledAbove: number;
  readonly members: number;
  /** Over all members. */
  readonly credits: number;
  readonly inFlight: number;
  /** Readings that failed and wait for their back-off or a free member. */
  readonly waitingRedelivery: number;
  /** Devices with readings that are looked at and with no member. */
  readonly waitingDevices: number;
  /** Since the start of the gateway. */
  readonly redeliveries: number;
  readonly deadLetters: number;
  /** Why nothing can be given out, since when; null while it can. A sentence for people. */
  readonly stall: { readonly reason: string; readonly sinceUs: number } | null;
  /** What the last one to join alone said; nothing but zeros until then. */
  readonly settings: GroupSettings;
}

/** A reading that a group gave up; its offset is its number within the group. */
export interface GroupDeadLetter {
  readonly offset: number;
  readonly device: string;
  readonly channel: string;
  readonly metric: string;
  readonly unit: string;
  readonly source: string;
  readonly value: number | string;
  readonly quality: number;
  readonly measuredAtUs: number;
  readonly receivedAtUs: number;
  readonly failures: number;
  /** What its last nack gave, or `ack_deadline`, `member_died`. */
  readonly reason: string;
  readonly diedAtUs: number;
  /** Sent round again and not settled yet. */
  readonly isRedelivering: boolean;
}

/** The letters of a group to work on: of these offsets (none: any) from `from` on, at most `limit`. */
export interface GroupDeadLetterWork {
  readonly stream: string;
  readonly group: string;
  readonly offsets: readonly number[];
  readonly from: number;
  readonly limit: number;
}

export interface GroupDeadLettersDone {
  readonly letters: number;
  /** Where to go on; null when all were looked at. */
  readonly next: number | null;
}

/** The groups as AdminService sees them, from the I/O thread. All but the first throw GROUP_UNKNOWN. */
export interface GroupInspector {
  listGroups(): Promise<readonly GroupStatus[]>;
  /** In the order in which they joined. */
  listGroupMembers(stream: string, group: string): Promise<readonly GroupMember[]>;
  listGroupDeadLetters(work: GroupDeadLetterWork): Promise<Page<GroupDeadLetter, number>>;
  redeliverGroupDeadLetters(work: GroupDeadLetterWork): Promise<GroupDeadLettersDone>;
  purgeGroupDeadLetters(work: GroupDeadLetterWork): Promise<GroupDeadLettersDone>;
}
