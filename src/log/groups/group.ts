// One group at work: feeds its state out of the log, sends what is given out, makes durable what is
// settled and says so. It waits for nothing while members or the disk are slow: each is told, or read,
// when it is its turn.

import type { Clock } from '../../core/clock.ts';
import { asMillpondError, MillpondError } from '../../core/errors.ts';
import type {
  GroupMember,
  GroupSettings,
  GroupStatus,
  MemberAction,
  MemberEvent,
  SettleFault,
} from '../../core/group.ts';
import type { ReadingColumns } from '../../core/reading.ts';
import type { ReadResult } from '../stream-reader.ts';
import type { StreamState } from '../stream-state.ts';
import { Member } from './device-queue.ts';
import { GroupFeed } from './group-feed.ts';
import { type DeliveryEncoding, GroupGiving } from './group-giving.ts';
import type { GroupLetters } from './group-letters.ts';
import type { GroupRecord } from './group-record.ts';
import type { GroupLimits, GroupStart } from './group-shapes.ts';
import { GroupState } from './group-state.ts';
import {
  groupFigures,
  isSameSettings,
  memberFigures,
  noteRefused,
  stallReason,
} from './group-view.ts';
import { RecentRows } from './recent-rows.ts';
import type { RevivedLetter } from './revived-letters.ts';

export type Emit = (events: MemberEvent[]) => void;

export interface GroupParts {
  readonly name: string;
  readonly stream: StreamState;
  readonly limits: GroupLimits;
  readonly record: GroupRecord;
  readonly letters: GroupLetters;
  readonly encoder: DeliveryEncoding;
  readonly read: (from: number, rowsMax: number) => Promise<ReadResult>;
  readonly waitBeyond: (offset: number, ms: number, signal: AbortSignal) => Promise<void>;
  readonly deviceOf: (series: number) => number;
  readonly deviceName: (device: number) => string;
  /** Null for all series. For one chunk: not to be kept. */
  readonly wants: (settings: GroupSettings) => ((series: number) => boolean) | null;
  /** What the rows it looked at last may take. */
  readonly recentBytesMax: () => number;
  readonly readLetters: (offsets: readonly number[]) => Promise<ReadingColumns[]>;
  /** Of the system, for people. */
  readonly clock: Clock;
  /** For spans of time: milliseconds that never jump. */
  readonly nowMs: () => number;
}

const RETRY_MS = 1000;
/** A timer takes no more than 2^31 ms. */
const TIMER_MS_MAX = 3_600_000;

interface Call {
  readonly member: Member;
  readonly emit: Emit;
  /** Answers that wait for a commit. */
  unconfirmed: number;
  /** Gone without a goodbye, or told the end. */
  isDeaf: boolean;
  /** What it was to be told before its first action; null from there on. */
  early: MemberEvent[] | null;
}

export class Group {
  readonly name: string;
  readonly stream: StreamState;
  readonly #parts: GroupParts;
  readonly #recent: RecentRows;
  readonly #feed: GroupFeed;
  readonly #giving: GroupGiving;
  readonly #calls = new Map<number, Call>();
  #settings: GroupSettings;
  #state: GroupState;
  /** Whether the last `#putSettled` put something into the commit that is being filled. */
  #hasUnsaved = false;
  #isScheduled = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | null = null;
  #stall: { readonly reason: string; readonly sinceUs: number } | null = null;

  constructor(parts: GroupParts, start: GroupStart, settings: GroupSettings) {
    this.#parts = parts;
    this.name = parts.name;
    this.stream = parts.stream;
    this.#settings = settings;
    this.#state = new GroupState(start, settings, parts.limits);
    this.#recent = new RecentRows(parts.recentBytesMax);
    const common = {
      recent: this.#recent,
      read: parts.read,
      isCurrent: (state: GroupState) => state === this.#state && !this.#isClosed,
      gap: (first: number, next: number, reason: string) => this.#tellGap(first, next, reason),
      again: () => this.#schedule(),
      failed: () => this.#retryLater(),
    };
    this.#feed = new GroupFeed({
      ...common,
      stream: parts.stream,
      waitBeyond: parts.waitBeyond,
      deviceOf: parts.deviceOf,
      wants: () => parts.wants(this.#settings),
    });
    this.#giving = new GroupGiving({
      ...common,
      encoder: parts.encoder,
      readLetters: parts.readLetters,
      nowMs: parts.nowMs,
      send: (member, event) => this.#tell(this.#calls.get(member.id) as Call, [event]),
      keep: (dead) => parts.letters.add({ ...dead, diedAtUs: parts.clock() }, parts.record),
      buried: () => this.#putSettled(),
    });
  }

  get settings(): GroupSettings {
    return this.#settings;
  }

  get memberCount(): number {
    return this.#calls.size;
  }

  /** Bytes of rows that are kept for what is given out next. */
  get recentBytes(): number {
    return this.#recent.bytes;
  }

  /** Throws GROUP_SETTINGS_DIFFER while others are connected with other settings. */
  join(who: { id: number; name: string; settings: GroupSettings }, emit: Emit): void {
    const { id, name, settings } = who;
    if (!isSameSettings(settings, this.#settings)) {
      if (this.#calls.size > 0) {
        const text = `The members of group ${this.name} have other settings.`;
        throw new MillpondError('GROUP_SETTINGS_DIFFER', text);
      }
      this.#settings = settings;
    }
    if (this.#calls.size === 0) this.#renew(this.#state.snapshot());
    const member = new Member(id, name, this.#parts.nowMs());
    this.#state.join(member);
    this.#calls.set(id, { member, emit, unconfirmed: 0, isDeaf: false, early: [] });
  }

  act(id: number, actions: readonly MemberAction[]): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    const nowMs = this.#parts.nowMs();
    if (call.early !== null) {
      const early = call.early;
      call.early = null;
      if (early.length > 0) this.#tell(call, early);
    }
    const faults: SettleFault[] = [];
    let throughId = 0;
    for (const action of actions) {
      if ('id' in action) throughId = action.id;
      this.#do(call, action, faults, nowMs);
    }
    this.#putSettled();
    if (throughId > 0) this.#answer(call, { kind: 'settled', throughId, faults });
    this.#schedule();
  }

  /** All that was in flight is forgotten; the members go on from `floor`. Durable with the next commit. */
  seek(floor: number): void {
    this.#parts.record.seek(floor);
    const calls = [...this.#calls.values()];
    this.#renew({ floor, settled: [], tries: new Map(), revived: [] });
    for (const { member } of calls) {
      // What it holds counts no more; what it may be given stays.
      member.forget();
      this.#state.join(member);
    }
    this.#schedule();
  }

  /** Ends every member's call and what it holds; the group is gone with the next commit. */
  remove(error: MillpondError): void {
    this.#parts.record.remove();
    this.#isClosed = true;
    for (const call of this.#calls.values()) this.#tell(call, [{ kind: 'ended', error }]);
    for (const call of this.#calls.values()) call.isDeaf = true;
    this.#calls.clear();
    this.#rest();
  }

  /** Dead letters that are given out again; those that come anyhow are left out. Returns how many. */
  revive(letters: readonly RevivedLetter[]): number {
    const chosen = letters.filter(
      ({ offset }) => this.#parts.letters.has(offset) && !this.#state.isOpen(offset),
    );
    for (const letter of chosen) this.#state.letters.add(letter);
    this.#schedule();
    return chosen.length;
  }

  isRevived(offset: number): boolean {
    return this.#state.letters.has(offset);
  }

  /** Dead letters go, with the next commit, whoever has them. Returns how many there were. */
  purge(offsets: readonly number[]): number {
    const { letters, record } = this.#parts;
    const known = offsets.filter((offset) => letters.has(offset));
    for (const offset of known) this.#state.letters.drop(offset);
    if (known.length > 0) letters.remove(known, record);
    return known.length;
  }

  status(): GroupStatus {
    const members = [...this.#calls.values()].map(({ member }) => member);
    return {
      stream: this.stream.name,
      group: this.name,
      settings: this.#settings,
      ...groupFigures(this.#state, members),
      redeliveries: this.#giving.redeliveries,
      deadLetters: this.#parts.letters.count,
      stall: this.#stall,
    };
  }

  memberStatuses(): GroupMember[] {
    const { nowMs, clock } = this.#parts;
    const toUs = (ms: number): number => Math.round(clock() - (nowMs() - ms) * 1000);
    const dues = this.#state.oldestDues();
    return [...this.#calls.values()].map(({ member }) =>
      memberFigures(member, dues.get(member) ?? null, toUs),
    );
  }

  /** Makes durable where it stands, and does nothing more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#putSettled();
    this.#write();
    this.#rest();
  }

  #do(call: Call, action: MemberAction, faults: SettleFault[], nowMs: number): void {
    const { member } = call;
    switch (action.kind) {
      case 'credit':
        this.#state.credit(member, action.count);
        break;
      case 'written':
        member.unwritten = Math.max(0, member.unwritten - 1);
        break;
      case 'ack':
        noteRefused(faults, action.id, this.#state.ack(member, action.offsets, nowMs));
        break;
      case 'nack':
        noteRefused(faults, action.id, this.#state.nack(member, action.offsets, action, nowMs));
        break;
      case 'extend':
        noteRefused(faults, action.id, this.#state.extend(member, action.offsets, nowMs));
        break;
      case 'leave':
        this.#leave(call, action.isGoodbye, nowMs);
        break;
    }
  }

  #leave(call: Call, isGoodbye: boolean, nowMs: number): void {
    call.isDeaf = !isGoodbye;
    this.#state.leave(call.member, isGoodbye, nowMs);
    this.#calls.delete(call.member.id);
    if (this.#calls.size > 0) return;
    this.#putSettled();
    this.#write();
    this.#renew(this.#state.snapshot());
    this.#rest();
  }

  #tell(call: Call, events: MemberEvent[]): void {
    if (call.early !== null) call.early.push(...events);
    else if (!call.isDeaf) call.emit(events);
  }

  /** Once what it is about is durable, and in order: behind the answers that wait already. */
  #answer(call: Call, event: MemberEvent): void {
    if (call.unconfirmed === 0 && !this.#hasUnsaved) {
      this.#tell(call, [event]);
      return;
    }
    call.unconfirmed += 1;
    this.#parts.record.whenDurable(
      () => {
        call.unconfirmed -= 1;
        this.#tell(call, [event]);
      },
      (error) => this.#tell(call, [{ kind: 'ended', error: asMillpondError(error) }]),
    );
  }

  #putSettled(): void {
    const { record, letters } = this.#parts;
    const settled = this.#state.takeSettled();
    const finished = this.#state.letters.takeFinished();
    this.#hasUnsaved = settled.length + finished.length > 0;
    if (settled.length > 0) record.settle(settled);
    if (finished.length > 0) letters.remove(finished, record);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (!this.#isClosed && this.#calls.size > 0) this.#turn();
    });
  }

  #turn(): void {
    const { nowMs, record } = this.#parts;
    this.#state.tick(nowMs());
    for (const dying of this.#state.takeDying()) void this.#giving.bury(this.#state, dying);
    for (const picked of this.#state.pick(this.#giving.readingsMax)) {
      this.#giving.give(this.#state, picked);
    }
    this.#putSettled();
    if (record.dueMs(this.#state.floor) <= nowMs()) this.#write();
    this.#feed.go(this.#state);
    this.#noteStall();
    this.#arm();
  }

  #write(): void {
    const { record, nowMs } = this.#parts;
    if (record.isBehind(this.#state.floor)) record.write(this.#state.snapshot(), nowMs());
  }

  #tellGap(first: number, next: number, reason: string): void {
    for (const call of this.#calls.values())
      this.#tell(call, [{ kind: 'gap', first, next, reason }]);
  }

  #retryLater(): void {
    if (this.#isClosed) return;
    setTimeout(() => this.#schedule(), RETRY_MS).unref();
  }

  #arm(): void {
    const { nowMs, record } = this.#parts;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const dueMs = Math.min(this.#state.nextMs, record.dueMs(this.#state.floor));
    if (dueMs === Number.POSITIVE_INFINITY) return;
    // Never in the same millisecond again, and within what a timer can take.
    const ms = Math.min(Math.max(dueMs - nowMs(), 1), TIMER_MS_MAX);
    this.#timer = setTimeout(() => this.#schedule(), ms);
    this.#timer.unref();
  }

  #noteStall(): void {
    const reason = stallReason(this.#state, this.#parts.deviceName);
    if (reason === this.#stall?.reason) return;
    this.#stall = reason === null ? null : { reason, sinceUs: this.#parts.clock() };
  }

  #rest(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#feed.stop();
    this.#recent.clear();
    this.#stall = null;
  }

  #renew(start: GroupStart): void {
    this.#feed.stop();
    this.#recent.clear();
    this.#state = new GroupState(start, this.#settings, this.#parts.limits);
  }
}
