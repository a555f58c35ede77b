// All groups of the log: who joins which, what members do, where each stands. A group that nobody is
// connected to costs its name, its position and what is settled above it.

import type { Clock } from '../../core/clock.ts';
import { MillpondError } from '../../core/errors.ts';
import type {
  GroupMember,
  GroupSettings,
  GroupStatus,
  JoinRequest,
  MemberAction,
  MemberEvent,
} from '../../core/group.ts';
import type { Log } from '../log.ts';
import { positionKey } from '../position.ts';
import type { StreamState } from '../stream-state.ts';
import { Group } from './group.ts';
import type { DeliveryEncoding } from './group-giving.ts';
import { readGroupLetters } from './group-letter-list.ts';
import { GroupLetters } from './group-letters.ts';
import type { GroupRecord } from './group-record.ts';
import type { GroupLimits, GroupStart } from './group-shapes.ts';

export interface GroupOptions extends GroupLimits {
  readonly groupsMax: number;
  /** Of all groups together. */
  readonly membersMax: number;
  /** Dead letters of one group. */
  readonly deadLettersMax: number;
  /** What the rows that groups looked at last may take in memory, all together. */
  readonly recentBytesMax: number;
}

export interface GroupsParts {
  readonly log: Log;
  readonly options: GroupOptions;
  readonly encoder: DeliveryEncoding;
  /** The series that pass a group's own filter; null for all. */
  readonly wants: (settings: GroupSettings) => ((series: number) => boolean) | null;
  /** Where a new group begins. Throws OFFSET_BEYOND_END. */
  readonly startOf: (stream: StreamState, start: JoinRequest['start']) => Promise<number>;
  readonly clock: Clock;
  readonly nowMs: () => number;
}

/** Rows of a group with little room are read again all the time, and no more. */
const RECENT_BYTES_MIN = 64 * 1024;

/** Of a group that no member has joined since the start. */
const noSettings: GroupSettings = { ackDeadlineMs: 0, deliveriesMax: 0, devices: [], metrics: [] };

export class Groups {
  readonly #parts: GroupsParts;
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<number, Group>();
  #nextMember = 1;

  constructor(parts: GroupsParts) {
    this.#parts = parts;
    const { log } = parts;
    for (const { position, start, letters } of log.groups.takeStored()) {
      const stream = log.stream(position.stream);
      const record = log.groups.record(stream, position);
      this.#add(stream, position.consumer, { record, start, letters });
    }
  }

  /** Members of all groups. */
  get memberCount(): number {
    return this.#groupOf.size;
  }

  get recentBytes(): number {
    let bytes = 0;
    for (const { recentBytes } of this.#groups.values()) bytes += recentBytes;
    return bytes;
  }

  /**
   * Makes the group if there is none. Nothing is emitted before the member's first action. Throws
   * STREAM_UNKNOWN, CONSUMER_NAME_INVALID, GROUP_IS_CONSUMER, OFFSET_BEYOND_END, CONSUMER_LIMIT,
   * GROUP_LIMIT, MEMBER_LIMIT, GROUP_SETTINGS_DIFFER.
   */
  async join(
    { stream: streamName, group: name, name: memberName, start, settings }: JoinRequest,
    emit: (member: number, events: MemberEvent[]) => void,
  ): Promise<{ member: number; settings: GroupSettings }> {
    const stream = this.#parts.log.stream(streamName);
    this.#checkRoom();
    const group = this.#groups.get(keyOf(stream, name)) ?? (await this.#make(stream, name, start));
    this.#checkRoom();
    const member = this.#nextMember;
    group.join({ id: member, name: memberName, settings }, (events) => emit(member, events));
    this.#nextMember += 1;
    this.#groupOf.set(member, group);
    return { member, settings: group.settings };
  }

  /** What a member that is not there (any more) does is nothing. */
  act(member: number, actions: readonly MemberAction[]): void {
    this.#groupOf.get(member)?.act(member, actions);
    if (actions.some(({ kind }) => kind === 'leave')) this.#groupOf.delete(member);
  }

  list(): GroupStatus[] {
    return [...this.#groups.values()].map((group) => group.status());
  }

  /** In the order in which they joined. Throws STREAM_UNKNOWN, GROUP_UNKNOWN. */
  members(stream: string, group: string): GroupMember[] {
    return this.get(stream, group).memberStatuses();
  }

  /** Throws STREAM_UNKNOWN, GROUP_UNKNOWN. */
  get(streamName: string, name: string): Group {
    const stream = this.#parts.log.stream(streamName);
    const group = this.#groups.get(keyOf(stream, name));
    if (group !== undefined) return group;
    const shown = JSON.stringify(name.slice(0, 80));
    throw new MillpondError('GROUP_UNKNOWN', `There is no group ${shown} of ${stream.name}.`);
  }

  has(stream: StreamState, name: string): boolean {
    return this.#groups.has(keyOf(stream, name));
  }

  /**
   * Everything from `floor` on is given out again, and what members hold is theirs no more. Resolves
   * once that is durable. Throws STREAM_UNKNOWN, GROUP_UNKNOWN.
   */
  async seek(stream: string, name: string, floor: number): Promise<void> {
    this.get(stream, name).seek(floor);
    await this.#parts.log.groups.flush();
  }

  /** Ends its members with GROUP_DELETED; its dead letters go as well. Throws as `seek`. */
  async remove(stream: string, name: string): Promise<void> {
    const group = this.get(stream, name);
    group.remove(new MillpondError('GROUP_DELETED', `Group ${name} was deleted.`));
    this.#groups.delete(keyOf(group.stream, name));
    for (const [member, other] of this.#groupOf) {
      if (other === group) this.#groupOf.delete(member);
    }
    await this.#parts.log.groups.flush();
  }

  /** Puts where each group stands into the next commit; nothing is given out any more. */
  close(): void {
    for (const group of this.#groups.values()) group.close();
  }

  #checkRoom(): void {
    if (this.#groupOf.size < this.#parts.options.membersMax) return;
    const text = `${this.#groupOf.size} members are connected, which is all that are allowed.`;
    throw new MillpondError('MEMBER_LIMIT', text);
  }

  async #make(stream: StreamState, name: string, start: JoinRequest['start']): Promise<Group> {
    const { log, options, startOf } = this.#parts;
    const floor = await startOf(stream, start);
    const key = keyOf(stream, name);
    const made = this.#groups.get(key);
    if (made !== undefined) return made;
    if (this.#groups.size >= options.groupsMax) {
      const text = `Group ${name} would be one more than the ${options.groupsMax} allowed.`;
      throw new MillpondError('GROUP_LIMIT', text);
    }
    const record = log.groups.create(stream, name, floor);
    const group = this.#add(stream, name, {
      record,
      start: { floor, settled: [], tries: new Map(), revived: [] },
      letters: [],
    });
    // After a crash it must not begin anywhere else.
    await log.groups.flush();
    return group;
  }

  #add(
    stream: StreamState,
    name: string,
    stored: { record: GroupRecord; start: GroupStart; letters: readonly number[] },
  ): Group {
    const { log, options, encoder, wants, clock, nowMs } = this.#parts;
    const letters = new GroupLetters(stored.letters, options.deadLettersMax, (count) =>
      log.recordLoss({
        stream: stream.name,
        count,
        reason: 'group_dead_letters_full',
        detail: `the oldest dead letters of group ${name} went to make room`,
      }),
    );
    const group = new Group(
      {
        name,
        stream,
        limits: options,
        record: stored.record,
        letters,
        encoder,
        read: (from, rowsMax) => log.read(stream, from, rowsMax),
        waitBeyond: (offset, ms, signal) => log.waitBeyond(stream, offset, ms, signal),
        deviceOf: (series) => log.series.deviceOf(series),
        deviceName: (device) => log.series.deviceName(device),
        readLetters: (offsets) =>
          log.inspect((connection) =>
            readGroupLetters(connection, { stream: stream.name, group: name, offsets }),
          ),
        wants,
        recentBytesMax: () => this.#recentBytesMax(),
        clock,
        nowMs,
      },
      stored.start,
      noSettings,
    );
    this.#groups.set(keyOf(stream, name), group);
    return group;
  }

  #recentBytesMax(): number {
    let working = 0;
    for (const { memberCount } of this.#groups.values()) if (memberCount > 0) working += 1;
    return Math.max(RECENT_BYTES_MIN, this.#parts.options.recentBytesMax / Math.max(1, working));
  }
}

function keyOf(stream: StreamState, name: string): string {
  return positionKey({ stream: stream.name, consumer: name });
}
