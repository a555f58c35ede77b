// Who is held back when, and who goes on first.
import { expect, test } from 'vitest';
import { OutgoingRoom } from '../../../../src/sources/mqtt/outgoing-room.ts';
import { packetSize } from '../../../../src/sources/mqtt/packet-size.ts';
import { type Holdable, Valve } from '../../../../src/sources/mqtt/valve.ts';

function connection(): Holdable & { resumed: number; isBlocked: boolean } {
  return {
    inflightBytes: 0,
    isBlocked: false,
    resumed: 0,
    resume() {
      this.resumed++;
    },
  };
}

function intake() {
  const waiting: (() => void)[] = [];
  return {
    isFull: false,
    accept() {},
    onceDrained: (resume: () => void) => waiting.push(resume),
    drain() {
      this.isFull = false;
      for (const resume of waiting.splice(0)) resume();
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('holds all connections while too much is in flight, and resumes them in their order', async () => {
  const valve = new Valve(intake(), 100_000);
  const order: number[] = [];
  const all = Array.from({ length: 3 }, (_, index) => ({
    inflightBytes: 0,
    isBlocked: false,
    resume: () => void order.push(index),
  }));
  valve.take(null, 100_000);
  for (const each of all) expect(valve.admits(each)).toBe(false);
  valve.settle(null, 100_000);
  expect(order).toEqual([]);
  await turn();
  expect(order).toEqual([0, 1, 2]);
  expect(valve).toMatchObject({ inflightBytes: 0, inflightMessages: 0, heldCount: 0 });
});

test('holds one connection that uses up its share, and no other', () => {
  const valve = new Valve(intake(), 1_000_000);
  const greedy = connection();
  const modest = connection();
  valve.take(greedy, 250_000);
  expect(valve.admits(greedy)).toBe(false);
  expect(valve.admits(modest)).toBe(true);
});

test('holds a blocked connection whatever room there is, and no other', async () => {
  const valve = new Valve(intake(), 1000);
  const blocked = connection();
  const free = connection();
  blocked.isBlocked = true;
  expect([valve.admits(blocked), valve.admits(free)]).toEqual([false, true]);
  valve.take(free, 1);
  valve.settle(free, 1);
  await turn();
  expect(blocked.resumed).toBe(0);
  blocked.isBlocked = false;
  valve.take(blocked, 1);
  valve.settle(blocked, 1);
  await turn();
  expect(blocked.resumed).toBe(1);
});

test('resumes once in a turn, however much is settled', async () => {
  const valve = new Valve(intake(), 1000);
  const held = connection();
  for (let count = 0; count < 10; count++) valve.take(held, 100);
  valve.admits(held);
  for (let count = 0; count < 10; count++) valve.settle(held, 100);
  await turn();
  expect(held.resumed).toBe(1);
});

test('waits for a full intake to drain, even when everything else is settled', async () => {
  const source = intake();
  const valve = new Valve(source, 1000);
  const held = connection();
  valve.take(held, 1000);
  valve.admits(held);
  source.isFull = true;
  valve.settle(held, 1000);
  await turn();
  expect(held.resumed).toBe(0);
  source.drain();
  await turn();
  expect(held.resumed).toBe(1);
});

test('resumes nobody once it is closed, and says when everything is settled', async () => {
  const valve = new Valve(intake(), 1000);
  const held = connection();
  valve.take(held, 1000);
  valve.admits(held);
  valve.close();
  const settled = valve.settled();
  valve.settle(held, 1000);
  await settled;
  await turn();
  expect(held.resumed).toBe(0);
  expect(valve.admits(connection())).toBe(false);
});

test('room for slow subscribers is shared out among them, and never grows with their number', () => {
  const room = new OutgoingRoom();
  const alone = room.shareBytes;
  for (let count = 0; count < 256; count++) room.enter();
  const each = room.shareBytes;
  expect(each).toBeLessThan(alone);
  expect(each * 256).toBeLessThanOrEqual(64 * 1024 * 1024);
  for (let count = 0; count < 256; count++) room.leave();
  expect(room.shareBytes).toBe(alone);
});

test.each([
  [[], 0],
  [[0x10], 0],
  [[0x10, 0x80], 0],
  [[0x10, 0x00], 2],
  [[0x10, 0x7f], 129],
  [[0x10, 0x80, 0x01], 131],
  [[0x10, 0xff, 0xff, 0xff, 0x7f], 268_435_460],
  [[0x10, 0xff, 0xff, 0xff, 0xff], -1],
])('the size of the packet that begins %j is %i', (header, size) => {
  expect(packetSize(Uint8Array.from(header))).toBe(size);
});
