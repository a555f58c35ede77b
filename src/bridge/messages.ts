// Every message that crosses between the two threads.

import type { EncodedFetch, FetchRequest, StartRequest } from '../core/contracts.ts';
import type {
  DeadLetterEntry,
  DeadLetterPageRequest,
  DeadLetterWithPayload,
  DeadLetterWork,
  Purged,
  Reprocessed,
} from '../core/dead-letter.ts';
import type { DiskState } from '../core/disk-state.ts';
import { type ErrorCode, MillpondError } from '../core/errors.ts';
import type {
  GroupDeadLetter,
  GroupDeadLettersDone,
  GroupDeadLetterWork,
  GroupMember,
  GroupStatus,
  Joined,
  JoinRequest,
  MemberAction,
  MemberEvent,
} from '../core/group.ts';
import type {
  BackupPlan,
  ConsumerName,
  DevicePage,
  DevicePageRequest,
  LogStatus,
  LossCursor,
  LossEntry,
  LossPageRequest,
  OneDevice,
  Page,
  PageRequest,
  SegmentCursor,
  SegmentEntry,
} from '../core/log-inspection.ts';
import type {
  QueryRowsAnswer,
  QueryRowsRequest,
  QuerySnapshot,
  ReadingsAsk,
} from '../core/query.ts';
import type { SeriesAnswer, SeriesRequest } from '../core/series-points.ts';
import type { RawBatch } from './raw-batch.ts';

/** What the I/O thread may ask for, with the answer's shape. */
export interface Calls {
  resolveStart: { ask: StartRequest; answer: { from: number; highWatermark: number } };
  fetch: { ask: FetchRequest; answer: EncodedFetch };
  commit: {
    ask: { stream: string; consumer: string; nextOffset: number };
    answer: { nextOffset: number };
  };
  seekConsumer: { ask: StartRequest; answer: null };
  resetConsumer: { ask: ConsumerName; answer: null };
  deleteConsumer: { ask: ConsumerName; answer: null };
  joinGroup: { ask: JoinRequest; answer: Joined };
  listGroups: { ask: null; answer: readonly GroupStatus[] };
  listGroupMembers: { ask: { stream: string; group: string }; answer: readonly GroupMember[] };
  listGroupDeadLetters: { ask: GroupDeadLetterWork; answer: Page<GroupDeadLetter, number> };
  redeliverGroupDeadLetters: { ask: GroupDeadLetterWork; answer: GroupDeadLettersDone };
  purgeGroupDeadLetters: { ask: GroupDeadLetterWork; answer: GroupDeadLettersDone };
  reloadProfiles: { ask: null; answer: { profiles: number } };
  status: { ask: null; answer: LogStatus };
  metrics: { ask: null; answer: string };
  listLosses: { ask: LossPageRequest; answer: Page<LossEntry, LossCursor> };
  listSegments: { ask: PageRequest<SegmentCursor>; answer: Page<SegmentEntry, SegmentCursor> };
  listDevices: { ask: DevicePageRequest; answer: DevicePage };
  readDevice: { ask: string; answer: OneDevice };
  listDeadLetters: { ask: DeadLetterPageRequest; answer: Page<DeadLetterEntry, number> };
  readDeadLetter: { ask: number; answer: DeadLetterWithPayload | null };
  reprocessDeadLetters: { ask: DeadLetterWork; answer: Reprocessed };
  purgeDeadLetters: { ask: DeadLetterWork; answer: Purged };
  beginBackup: { ask: null; answer: BackupPlan };
  readBackup: {
    ask: { file: number; position: number; bytesMax: number };
    answer: { buffer: ArrayBuffer };
  };
  endBackup: { ask: null; answer: null };
  readSeries: { ask: SeriesRequest; answer: SeriesAnswer };
  beginQuery: { ask: { sql: string; readings: ReadingsAsk | null }; answer: QuerySnapshot };
  readQueryRows: { ask: QueryRowsRequest; answer: QueryRowsAnswer };
  endQuery: { ask: { snapshot: number }; answer: null };
  /** Commits what is pending and closes the log. The last call. */
  close: { ask: null; answer: null };
}

export type CallName = keyof Calls;

export type ToLog =
  /** With `isMoreComing` another batch follows at once, and the commit can wait for it. */
  | {
      readonly kind: 'append';
      readonly sequence: number;
      readonly batch: RawBatch;
      readonly isMoreComing: boolean;
    }
  | { readonly kind: 'call'; readonly id: number; readonly name: CallName; readonly ask: unknown }
  | { readonly kind: 'cancel'; readonly id: number }
  /** What members did in one turn of the event loop, each one's in its order. */
  | { readonly kind: 'members'; readonly acts: readonly MemberActs[] };

export type FromLog =
  | { readonly kind: 'ready' }
  /** The log cannot be opened now, for a reason that passes: it is tried again until it can. */
  | { readonly kind: 'waiting'; readonly error: WireError; readonly disk: DiskState }
  | { readonly kind: 'refused'; readonly error: WireError }
  /** The batches up to `sequence` are durable, or (with an error) will never be. */
  | { readonly kind: 'settled'; readonly sequence: number; readonly error: WireError | null }
  /** The batches up to `sequence` are durable but for these messages of that one. */
  | { readonly kind: 'partly'; readonly sequence: number; readonly faults: readonly BatchFault[] }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: WireError }
  /** What members are told; `taken` more messages of theirs have been worked off. */
  | { readonly kind: 'members'; readonly taken: number; readonly told: readonly MemberTold[] }
  /** Something that whoever runs the gateway should know; nothing stops for it. */
  | { readonly kind: 'notice'; readonly error: WireError }
  /** To be published over MQTT: a device is asked for something. */
  | {
      readonly kind: 'command';
      readonly topic: string;
      readonly payload: Uint8Array<ArrayBuffer>;
    }
  /** Whether the log can take readings now. */
  | { readonly kind: 'health'; readonly problem: string | null; readonly disk: DiskState };

export interface MemberActs {
  readonly member: number;
  readonly actions: readonly MemberAction[];
}

export interface MemberTold {
  readonly member: number;
  readonly events: readonly WireMemberEvent[];
}

export type WireMemberEvent =
  | Exclude<MemberEvent, { kind: 'ended' }>
  | { readonly kind: 'ended'; readonly error: WireError };

/** An error as it crosses: structured clone keeps no class. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Messages of a batch that are not stored, each by its place in it, in ascending order. */
export interface BatchFault {
  readonly error: WireError;
  readonly places: readonly number[];
}

export function toWire(error: MillpondError): WireError {
  return { code: error.code, message: error.message };
}

export function fromWire(error: WireError): MillpondError {
  return new MillpondError(error.code, error.message);
}
