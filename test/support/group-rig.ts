// A log with its groups, as the log thread has them, and members that are driven by hand.

import type {
  GroupSettings,
  JoinRequest,
  MemberAction,
  MemberEvent,
  SettleFault,
} from '../../src/core/group.ts';
import { DeliveryEncoder } from '../../src/delivery/grpc/delivery-encoder.ts';
import { SeriesFilters } from '../../src/delivery/series-filter.ts';
import { ConsumeResponse } from '../../src/generated/millpond/v1/consume.ts';
import { type GroupOptions, Groups } from '../../src/log/groups/groups.ts';
import type { Log } from '../../src/log/log.ts';
import type { LogOptions } from '../../src/log/log-options.ts';
import { openLog } from './duckdb-log.ts';

export const groupOptions: GroupOptions = {
  groupsMax: 10,
  membersMax: 10,
  creditsMax: 1000,
  windowReadings: 4096,
  backOffMs: { first: 1, max: 4 },
  deadLettersMax: 100,
  recentBytesMax: 1024 * 1024,
};

export const settings: GroupSettings = {
  ackDeadlineMs: 60_000,
  deliveriesMax: 3,
  devices: [],
  metrics: [],
};

export interface Rig {
  readonly log: Log;
  readonly groups: Groups;
  /** Puts the groups' clock forward. */
  pass(ms: number): void;
  join(request?: Partial<JoinRequest>): Promise<TestMember>;
  close(): Promise<void>;
}

export async function openGroups(
  directory: string,
  options: { readonly log?: Partial<LogOptions>; readonly groups?: Partial<GroupOptions> } = {},
): Promise<Rig> {
  const log = await openLog(directory, options.log);
  const filters = new SeriesFilters(log.series.keys);
  let skewMs = 0;
  const groups = new Groups({
    log,
    options: { ...groupOptions, ...options.groups },
    encoder: new DeliveryEncoder(log.series.keys),
    wants: (wanted) => filters.get(wanted),
    startOf: async (stream, start) =>
      start.kind === 'latest' ? stream.highWatermark : stream.lowWatermark,
    clock: () => 1_700_000_000_000_000,
    nowMs: () => performance.now() + skewMs,
  });
  return {
    log,
    groups,
    pass: (ms) => {
      skewMs += ms;
    },
    join: async (request = {}) => {
      const member = new TestMember(groups);
      const joined = await groups.join(
        {
          stream: '',
          group: 'workers',
          name: '',
          start: { kind: 'earliest' },
          settings,
          ...request,
        },
        (_, events) => member.receive(events),
      );
      member.id = joined.member;
      return member;
    },
    close: async () => {
      groups.close();
      await log.close();
    },
  };
}

export interface Given {
  readonly offset: number;
  readonly device: string;
  readonly value: number | string | undefined;
  readonly count: number;
}

type Wait = { readonly isMet: () => boolean; readonly resolve: () => void };

/** Takes each delivery at once; everything else is done by the test. */
export class TestMember {
  id = 0;
  readonly given: Given[] = [];
  readonly gaps: { first: number; next: number; reason: string }[] = [];
  readonly faults: SettleFault[] = [];
  settledId = 0;
  end: string | null = null;
  onSettled: ((throughId: number) => void) | null = null;
  onGiven: ((given: readonly Given[]) => void) | null = null;
  readonly #groups: Groups;
  #lastId = 0;
  #waits: Wait[] = [];

  constructor(groups: Groups) {
    this.#groups = groups;
  }

  act(...actions: MemberAction[]): void {
    this.#groups.act(this.id, actions);
  }

  credit(count: number): void {
    this.act({ kind: 'credit', count });
  }

  /** Returns the request's number. */
  ack(offsets: readonly number[]): number {
    this.#lastId += 1;
    this.act({ kind: 'ack', id: this.#lastId, offsets });
    return this.#lastId;
  }

  nack(offsets: readonly number[], reason = 'bad', delayMs: number | null = 0): number {
    this.#lastId += 1;
    this.act({ kind: 'nack', id: this.#lastId, offsets, reason, delayMs });
    return this.#lastId;
  }

  leave(isGoodbye = true): void {
    this.act({ kind: 'leave', isGoodbye });
  }

  /** Resolves once the request is durable. */
  settled(id = this.#lastId): Promise<void> {
    return this.until(() => this.settledId >= id);
  }

  has(count: number): Promise<void> {
    return this.until(() => this.given.length >= count);
  }

  /** Looked at after each event. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => this.#waits.push({ isMet, resolve }));
  }

  receive(events: readonly MemberEvent[]): void {
    for (const event of events) this.#take(event);
    const met = this.#waits.filter(({ isMet }) => isMet());
    this.#waits = this.#waits.filter((wait) => !met.includes(wait));
    for (const { resolve } of met) resolve();
  }

  #take(event: MemberEvent): void {
    switch (event.kind) {
      case 'delivery': {
        const given = givenOf(event.buffer, event.ranges);
        this.given.push(...given);
        this.act({ kind: 'written' });
        this.onGiven?.(given);
        break;
      }
      case 'settled':
        this.settledId = event.throughId;
        this.faults.push(...event.faults);
        this.onSettled?.(event.throughId);
        break;
      case 'gap':
        this.gaps.push({ first: event.first, next: event.next, reason: event.reason });
        break;
      case 'ended':
        this.end = event.error.code;
        break;
    }
  }
}

export function givenOf(buffer: ArrayBuffer, ranges: readonly number[]): Given[] {
  const given: Given[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    const bytes = new Uint8Array(buffer).subarray(ranges[i], ranges[i + 1]);
    const { event } = ConsumeResponse.decode(bytes);
    if (event?.$case !== 'delivery') throw new Error('not a delivery');
    const { readings, deliveryCount: count } = event.value;
    for (const { offset, device, value } of readings) {
      given.push({ offset: Number(offset), device, value: value?.value, count });
    }
  }
  return given;
}
