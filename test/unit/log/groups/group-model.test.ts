// A group against whatever members do: random joins, leaves, deaths, acks (right, wrong, double,
// late), nacks, credits, time, kills of the gateway. What is checked is checked at every step: order
// by device, one member a device, nothing that is durably settled again, credits, the window.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Member } from '../../../../src/log/groups/device-queue.ts';
import type { GroupStart, Picked } from '../../../../src/log/groups/group-shapes.ts';
import { GroupState } from '../../../../src/log/groups/group-state.ts';
import {
  decodeRanges,
  encodeRanges,
  joinRanges,
  rangesOf,
} from '../../../../src/log/groups/offset-ranges.ts';

const limits = {
  creditsMax: 20,
  windowReadings: 40,
  backOffMs: { first: 100, max: 800 },
};
const ACK_DEADLINE_MS = 1000;
const RUNS = Number(process.env.TEST_GROUP_RUNS ?? 150);
/** Readings of this device do not pass the group's filter. */
const UNWANTED = 3;

interface Call {
  readonly member: Member;
  /** What the member believes to hold; the gateway may have taken it back. */
  readonly holds: Set<number>;
}

class World {
  /** The device of each reading of the log. */
  readonly log: number[] = [];
  readonly rules: { readonly ackDeadlineMs: number; readonly deliveriesMax: number };
  state: GroupState;
  nowMs = 0;
  calls: Call[] = [];
  /** Given up, and not yet with the dead letters. */
  readonly dying: number[] = [];
  /** Being encoded: picked and not yet sent. */
  underWay: Picked[] = [];
  /** Who really has what, as given out and not yet returned, settled or forgotten. */
  readonly heldBy = new Map<number, Member>();
  /** Acknowledged or dead, in this life of the gateway. */
  done = new Set<number>();
  readonly durablyDone = new Set<number>();
  readonly dead = new Map<number, number>();
  /** Dead letters that members have, sent round again. */
  readonly lettersOut = new Set<number>();
  readonly recovered = new Set<number>();
  deliveries = new Map<number, number>();
  #floor = 0;
  #blobs: Uint8Array[] = [];
  #nextMember = 1;
  /** How often each letter was given out since it was sent round. */
  readonly #rounds = new Map<number, number>();
  #uncommitted: number[] = [];

  constructor(deliveriesMax: number) {
    this.rules = { ackDeadlineMs: ACK_DEADLINE_MS, deliveriesMax };
    const start = { floor: 0, settled: [], tries: new Map(), revived: [] };
    this.state = new GroupState(start, this.rules, limits);
  }

  append(devices: readonly number[]): void {
    this.log.push(...devices);
  }

  feed(count: number): void {
    let room = Math.min(count, this.state.room);
    for (; room > 0 && this.state.end < this.log.length; room -= 1) {
      const device = this.log[this.state.end] as number;
      if (device === UNWANTED) this.state.skip(1);
      else this.state.add(device);
    }
    expect(this.state.end - this.state.floor).toBeLessThanOrEqual(limits.windowReadings);
  }

  join(credits: number): void {
    const member = new Member(this.#nextMember++, '', this.nowMs);
    this.state.join(member);
    this.state.credit(member, credits);
    this.calls.push({ member, holds: new Set() });
  }

  pick(readingsMax: number): void {
    const picked = this.state.pick(readingsMax);
    for (const each of picked) expect(each.offsets.length).toBeLessThanOrEqual(readingsMax);
    this.underWay.push(...picked);
    const members = this.underWay.map(({ member }) => member).filter(({ isGone }) => !isGone);
    expect(new Set(members).size).toBe(members.length);
  }

  /** Encoding ends, in any order: it is sent, or put back, or a part of each. */
  send(which: number, share: number): void {
    const [picked] = this.underWay.splice(which % Math.max(1, this.underWay.length), 1);
    if (picked === undefined) return;
    const { member, offsets } = picked;
    if (member.isGone) return;
    if (!this.state.arePicked(picked)) {
      this.state.putBack(picked);
      member.isBusy = false;
      return;
    }
    const cut = Math.ceil(offsets.length * share);
    const room = member.credits + member.taken;
    this.state.putBack({ ...picked, offsets: offsets.slice(cut) });
    expect(member.credits + member.taken).toBe(room);
    for (const offset of offsets.slice(0, cut)) {
      if (picked.areLetters) this.#checkLetter(member, offset);
      else this.#checkDelivery(member, offset);
    }
    this.state.sent({ ...picked, offsets: offsets.slice(0, cut) }, this.nowMs);
    const call = this.calls.find((each) => each.member === member) as Call;
    for (const offset of offsets.slice(0, cut)) call.holds.add(offset);
    member.isBusy = false;
    expect(member.taken).toBeLessThanOrEqual(limits.creditsMax);
    expect(member.credits).toBeGreaterThanOrEqual(0);
  }

  #checkLetter(member: Member, offset: number): void {
    expect(this.dead.has(offset)).toBe(true);
    expect(this.recovered.has(offset)).toBe(false);
    expect(this.heldBy.has(offset)).toBe(false);
    for (const [other, holder] of this.heldBy) {
      if (this.log[other] === this.log[offset]) expect(holder).toBe(member);
    }
    const count = (this.#rounds.get(offset) ?? 0) + 1;
    expect(this.state.deliveryCount(offset)).toBe(count);
    this.#rounds.set(offset, count);
    this.lettersOut.add(offset);
    this.heldBy.set(offset, member);
  }

  /** Sends the dead letters round again that are on disk. */
  revive(): void {
    for (const offset of this.dead.keys()) {
      if (!this.durablyDone.has(offset) || this.recovered.has(offset)) continue;
      if (this.state.isOpen(offset) || this.state.letters.has(offset)) continue;
      this.#rounds.delete(offset);
      this.state.letters.add({ offset, device: this.log[offset] as number });
    }
  }

  #checkDelivery(member: Member, offset: number): void {
    const device = this.log[offset] as number;
    expect(device).not.toBe(UNWANTED);
    expect(this.durablyDone.has(offset)).toBe(false);
    expect(this.done.has(offset)).toBe(false);
    expect(this.heldBy.has(offset)).toBe(false);
    for (let earlier = 0; earlier < offset; earlier += 1) {
      if (this.log[earlier] !== device || this.done.has(earlier)) continue;
      // Not settled: then it must be with the same member, given out before.
      expect(this.heldBy.get(earlier)).toBe(member);
    }
    for (const [other, holder] of this.heldBy) {
      if (this.log[other] === device) expect(holder).toBe(member);
    }
    const count = (this.deliveries.get(offset) ?? 0) + 1;
    expect(this.state.deliveryCount(offset)).toBe(count);
    this.deliveries.set(offset, count);
    this.heldBy.set(offset, member);
  }

  ack(call: Call, offsets: readonly number[]): void {
    const refused = this.state.ack(call.member, offsets, this.nowMs);
    const counted = new Set<number>();
    const refusals: number[] = [];
    for (const offset of offsets) {
      const isHeld = this.heldBy.get(offset) === call.member && !counted.has(offset);
      if (isHeld) counted.add(offset);
      else refusals.push(offset);
    }
    expect([...refused.notHeld, ...refused.settled].sort()).toEqual([...refusals].sort());
    for (const offset of refused.settled) {
      expect(this.done.has(offset) || counted.has(offset) || this.log[offset] === UNWANTED).toBe(
        true,
      );
    }
    for (const offset of counted) {
      this.heldBy.delete(offset);
      this.done.add(offset);
      if (this.lettersOut.delete(offset)) this.recovered.add(offset);
    }
    this.#collect();
  }

  nack(call: Call, offsets: readonly number[], delayMs: number | null): void {
    const held = new Set(offsets.filter((offset) => this.heldBy.get(offset) === call.member));
    const { credits } = call.member;
    this.state.nack(call.member, offsets, { delayMs, reason: 'bad' }, this.nowMs);
    if (!call.member.isBusy) expect(call.member.credits).toBe(credits);
    for (const offset of held) this.#returned(offset);
    this.#collect();
  }

  leave(call: Call, isGoodbye: boolean): void {
    this.calls = this.calls.filter((each) => each !== call);
    const held = [...this.heldBy].filter(([, holder]) => holder === call.member);
    this.state.leave(call.member, isGoodbye, this.nowMs);
    expect(call.member.taken).toBe(0);
    for (const [offset] of held) this.#isBack(offset);
    this.#collect();
  }

  pass(ms: number): void {
    this.nowMs += ms;
    // Who was over the deadline is told by the counts of what is then given out again.
    const before = this.state.heldCount;
    this.state.tick(this.nowMs);
    if (this.state.heldCount < before || ms >= ACK_DEADLINE_MS) this.#forgetExpired();
    this.#collect();
  }

  extendAll(call: Call): void {
    this.state.extend(call.member, [], this.nowMs);
  }

  // The deadlines are the machine's own; what is held after a tick is taken from it, and held against
  // what the members were given.
  #forgetExpired(): void {
    for (const [offset, member] of [...this.heldBy]) {
      const { notHeld, settled } = this.state.extend(member, [offset], this.nowMs);
      if (notHeld.length + settled.length > 0) this.#isBack(offset);
    }
  }

  /** The reading went back, and all of its device behind it. */
  #returned(offset: number): void {
    const isLetter = this.lettersOut.has(offset);
    for (const other of [...this.heldBy.keys()]) {
      if (this.log[other] !== this.log[offset]) continue;
      const goesBack = isLetter ? other === offset : other >= offset && !this.lettersOut.has(other);
      if (goesBack) this.#isBack(other);
    }
  }

  #isBack(offset: number): void {
    this.heldBy.delete(offset);
    this.lettersOut.delete(offset);
  }

  #collect(): void {
    for (const { offset, failures } of this.state.takeDying()) {
      expect(failures).toBe(this.rules.deliveriesMax);
      expect(this.done.has(offset)).toBe(false);
      this.dead.set(offset, (this.dead.get(offset) ?? 0) + 1);
      this.dying.push(offset);
    }
    this.#uncommitted.push(...this.state.takeSettled());
    for (const offset of this.state.letters.takeFinished()) {
      expect(this.recovered.has(offset)).toBe(true);
    }
  }

  /** They are with the dead letters. */
  bury(): void {
    for (const offset of this.dying.splice(0)) {
      this.state.bury(offset);
      this.done.add(offset);
    }
    this.#collect();
  }

  commit(isCompact: boolean): void {
    if (isCompact) {
      const { floor, settled } = this.state.snapshot();
      this.#floor = floor;
      this.#blobs = [encodeRanges(settled)];
    } else {
      this.#blobs.push(encodeRanges(rangesOf(this.#uncommitted)));
    }
    for (const offset of this.#uncommitted) this.durablyDone.add(offset);
    this.#uncommitted = [];
  }

  /** `kill -9`: what was not committed is forgotten, and so are members and counts. */
  kill(): void {
    const sets = this.#blobs.map(decodeRanges);
    const start: GroupStart = {
      floor: this.#floor,
      settled: joinRanges(sets, this.#floor),
      tries: new Map(),
      revived: [],
    };
    for (const offset of [...this.dying.splice(0), ...this.#uncommitted]) this.dead.delete(offset);
    this.#uncommitted = [];
    this.state = new GroupState(start, this.rules, limits);
    this.calls = [];
    this.underWay = [];
    this.heldBy.clear();
    this.lettersOut.clear();
    this.done = new Set(this.durablyDone);
    this.deliveries = new Map();
  }

  /** One good member works everything off. */
  finish(): void {
    for (const call of [...this.calls]) this.leave(call, true);
    this.underWay = [];
    this.join(limits.creditsMax);
    const [call] = this.calls as [Call];
    for (let turn = 0; this.state.floor < this.log.length; turn += 1) {
      expect(turn).toBeLessThan(10_000);
      this.feed(limits.windowReadings);
      this.bury();
      this.pick(7);
      this.send(0, 1);
      this.ack(call, [...this.heldBy.keys()]);
      this.state.credit(call.member, limits.creditsMax);
      this.pass(50);
    }
    this.commit(true);
  }
}

type Command = (world: World) => void;

const callOf = (world: World, seed: number): Call | undefined =>
  world.calls[seed % Math.max(1, world.calls.length)];

const seed = fc.nat(1000);
const commands: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(fc.nat(UNWANTED), { maxLength: 12 }).map(
      (devices): Command =>
        (world) =>
          world.append(devices),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 0, max: 25 }).map(
      (credits): Command =>
        (world) => {
          if (world.calls.length < 4) world.join(credits);
        },
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(seed, fc.integer({ min: 1, max: 25 })).map(
      ([which, count]): Command =>
        (world) => {
          const call = callOf(world, which);
          if (call !== undefined) world.state.credit(call.member, count);
        },
    ),
  },
  {
    weight: 8,
    arbitrary: fc.integer({ min: 1, max: 12 }).map(
      (max): Command =>
        (world) =>
          world.pick(max),
    ),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(seed, fc.constantFrom(1, 1, 1, 0.5, 0)).map(
      ([which, share]): Command =>
        (world) =>
          world.send(which, share),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(seed, fc.array(seed, { maxLength: 8 })).map(
      ([which, picks]): Command =>
        (world) => {
          const call = callOf(world, which);
          const holds = [...(call?.holds ?? [])];
          // Some of them late, some twice, as members are.
          if (call !== undefined && holds.length > 0)
            world.ack(
              call,
              picks.map((pick) => holds[pick % holds.length] as number),
            );
        },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(seed, fc.array(fc.nat(120), { maxLength: 5 })).map(
      ([which, offsets]): Command =>
        (world) => {
          const call = callOf(world, which);
          if (call !== undefined) world.ack(call, offsets);
        },
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(seed, fc.array(seed, { maxLength: 4 }), fc.constantFrom(null, 0, 0, 300))
      .map(
        ([which, picks, delay]): Command =>
          (world) => {
            const call = callOf(world, which);
            const holds = [...(call?.holds ?? [])];
            if (call !== undefined && holds.length > 0)
              world.nack(
                call,
                picks.map((pick) => holds[pick % holds.length] as number),
                delay,
              );
          },
      ),
  },
  {
    weight: 1,
    arbitrary: seed.map(
      (which): Command =>
        (world) => {
          const call = callOf(world, which);
          if (call !== undefined) world.extendAll(call);
        },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(seed, fc.boolean()).map(
      ([which, isGoodbye]): Command =>
        (world) => {
          const call = callOf(world, which);
          if (call !== undefined) world.leave(call, isGoodbye);
        },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(10, 120, 900, 1100).map(
      (ms): Command =>
        (world) =>
          world.pass(ms),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.boolean().map(
      (isCompact): Command =>
        (world) =>
          world.commit(isCompact),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.nat(30).map(
      (count): Command =>
        (world) =>
          world.feed(count),
    ),
  },
  { weight: 3, arbitrary: fc.constant((world: World) => world.bury()) },
  { weight: 6, arbitrary: fc.constant((world: World) => world.revive()) },
  { weight: 1, arbitrary: fc.constant((world: World) => world.kill()) },
);

test('whatever members do, each reading is settled once, in its device’s order', () => {
  fc.assert(
    fc.property(
      fc.array(commands, { minLength: 60, maxLength: 200, size: 'max' }),
      fc.integer({ min: 1, max: 2 }),
      (steps, deliveriesMax) => {
        const world = new World(deliveriesMax);
        for (const step of steps) step(world);
        world.finish();
        const wanted = world.log.flatMap((device, offset) => (device === UNWANTED ? [] : offset));
        expect([...world.durablyDone].sort((a, b) => a - b)).toEqual(wanted);
        for (const times of world.dead.values()) expect(times).toBe(1);
        expect(world.state.heldCount).toBe(0);
        expect(world.state.waitingCount).toBe(0);
        expect(world.state.snapshot().settled).toEqual([]);
      },
    ),
    { numRuns: RUNS },
  );
}, 120_000);
