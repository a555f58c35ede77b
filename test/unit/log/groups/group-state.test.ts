// The rules of a group one by one: who gets a device, back-off, deadlines, what is taken back.
import { expect, test } from 'vitest';
import { Member } from '../../../../src/log/groups/device-queue.ts';
import { DueHeap } from '../../../../src/log/groups/due-heap.ts';
import { GroupState } from '../../../../src/log/groups/group-state.ts';

const limits = {
  creditsMax: 100,
  windowReadings: 1000,
  backOffMs: { first: 1000, max: 5000 },
};

/** A group that has looked at readings of these devices, and its members with so many credits. */
function groupOf(devices: readonly number[], ...credits: number[]) {
  const start = { floor: 0, settled: [], tries: new Map(), revived: [] };
  const state = new GroupState(start, { ackDeadlineMs: 100, deliveriesMax: 0 }, limits);
  for (const device of devices) state.add(device);
  const members = credits.map((count, index) => {
    const member = new Member(index + 1, '', 0);
    state.join(member);
    state.credit(member, count);
    return member;
  });
  return { state, members };
}

/** Gives out what there is at once; by member the offsets. */
function giveOut(state: GroupState, nowMs = 0): Map<Member, readonly number[]> {
  state.tick(nowMs);
  const given = new Map<Member, readonly number[]>();
  for (const picked of state.pick(1000)) {
    state.sent(picked, nowMs);
    picked.member.isBusy = false;
    given.set(picked.member, picked.offsets);
  }
  return given;
}

const failure = { delayMs: null, reason: 'bad' };

test('few credits are many devices, the oldest reading of each first', () => {
  const { state, members } = groupOf([7, 7, 7, 8, 8, 9], 3);
  expect(giveOut(state).get(members[0]!)).toEqual([0, 3, 5]);
});

test('a device goes back to whoever had it last, else to the one with most credits', () => {
  const { state, members } = groupOf([1], 5, 50);
  const [few, many] = members as [Member, Member];
  expect(giveOut(state).get(many)).toEqual([0]);
  state.ack(many, [0], 0);
  state.credit(few, 95);
  state.add(1);
  expect(giveOut(state).get(many)).toEqual([1]);
});

test('a device of which a member holds something is given to nobody else', () => {
  const { state, members } = groupOf([1, 1, 1], 1, 0);
  const [holder, other] = members as [Member, Member];
  giveOut(state);
  state.credit(other, 10);
  expect(giveOut(state).size).toBe(0);
  state.ack(holder, [0], 0);
  expect(giveOut(state).get(other)).toEqual([1, 2]);
});

test('after each failure the device waits twice as long, up to the most', () => {
  const { state, members } = groupOf([1], 50);
  const [member] = members as [Member];
  let nowMs = 0;
  for (const waitMs of [1000, 2000, 4000, 5000, 5000]) {
    expect(giveOut(state, nowMs).get(member)).toEqual([0]);
    state.nack(member, [0], failure, nowMs);
    expect(giveOut(state, nowMs + waitMs - 1).size).toBe(0);
    nowMs += waitMs;
  }
});

test('a nack may say how long to wait; other devices do not', () => {
  const { state, members } = groupOf([1, 2], 50);
  const [member] = members as [Member];
  giveOut(state);
  state.nack(member, [0, 1], { delayMs: 30, reason: '' }, 0);
  state.add(3);
  expect(giveOut(state, 29).get(member)).toEqual([2]);
  expect(giveOut(state, 30).get(member)).toEqual([0, 1]);
});

test('a deadline that is over takes back what follows in its device, and nothing else', () => {
  const { state, members } = groupOf([1, 1, 2], 50);
  const [member] = members as [Member];
  giveOut(state);
  expect(state.nextMs).toBe(100);
  state.extend(member, [1, 2], 50);
  state.tick(100);
  expect(state.heldCount).toBe(1);
  expect(state.redeliveryCount).toBe(2);
  expect(state.ack(member, [0, 1, 2], 100)).toEqual({ notHeld: [0, 1], settled: [] });
  expect(giveOut(state, 1100).get(member)).toEqual([0, 1]);
});

test('still working: the deadline begins anew, of all that is held where nothing is named', () => {
  const { state, members } = groupOf([1, 2], 50);
  const [member] = members as [Member];
  giveOut(state);
  state.extend(member, [], 90);
  state.tick(189);
  expect(state.heldCount).toBe(2);
  expect(state.oldestDues().get(member)).toBe(190);
  state.tick(190);
  expect(state.heldCount).toBe(0);
});

test('a member may hold and be given so many, and no more', () => {
  const { state, members } = groupOf(
    Array.from({ length: 300 }, (_, index) => index),
    1000,
  );
  const [member] = members as [Member];
  expect(giveOut(state).get(member)).toHaveLength(100);
  state.credit(member, 50);
  expect(giveOut(state).size).toBe(0);
  state.ack(member, [0, 1, 2], 0);
  state.credit(member, 50);
  expect(giveOut(state).get(member)).toHaveLength(3);
});

/** A letter of device 7, which goes on behind it, and another device; a member with room for all. */
function groupWithLetter() {
  const start = { floor: 1, settled: [], tries: new Map(), revived: [{ offset: 0, device: 7 }] };
  const state = new GroupState(start, { ackDeadlineMs: 100, deliveriesMax: 1 }, limits);
  for (const device of [7, 8, 7]) state.add(device);
  const member = new Member(1, '', 0);
  state.join(member);
  state.credit(member, 10);
  return { state, member };
}

test('letters and readings of a member go one after the other: none is overtaken', () => {
  const { state, member } = groupWithLetter();
  const sent: (readonly number[])[] = [];
  const underWay = state.pick(2);
  // What was picked last is encoded first, as where its rows are at hand.
  for (let next = underWay.shift(); next !== undefined; next = underWay.pop()) {
    state.sent(next, 0);
    member.isBusy = false;
    sent.push(next.offsets);
    underWay.push(...state.pick(2));
  }
  expect(sent).toEqual([[0], [1, 2], [3]]);
});

test('readings that are put back have none of their device on its way behind them', () => {
  const { state, member } = groupWithLetter();
  const underWay = state.pick(2);
  state.sent(underWay.shift()!, 0);
  member.isBusy = false;
  underWay.push(...state.pick(2));
  const first = underWay.shift()!;
  expect(first.offsets).toEqual([1, 2]);
  state.putBack(first);
  member.isBusy = false;
  underWay.push(...state.pick(3));
  const rightful = underWay.filter((picked) => state.arePicked(picked));
  expect(rightful.map(({ offsets }) => offsets)).toEqual([[1, 2, 3]]);
});

test('what is due comes in the order of its time', () => {
  const heap = new DueHeap<string>();
  for (const [ms, item] of [
    [5, 'e'],
    [1, 'a'],
    [3, 'c'],
    [2, 'b'],
    [4, 'd'],
  ] as const) {
    heap.push(ms, item);
  }
  const popped: (string | null)[] = [];
  for (let i = 0; i < 4; i += 1) popped.push(heap.popDue(3));
  expect(popped).toEqual(['a', 'b', 'c', null]);
  expect(heap.nextMs).toBe(4);
});
