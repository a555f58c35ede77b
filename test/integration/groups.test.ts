// Groups on a real log: what was settled is durable, what was not comes again, in each device's order.
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { GroupLetterWork } from '../../src/log/groups/group-letter-work.ts';
import type { Log } from '../../src/log/log.ts';
import { decodedOf, messageOf, settled } from '../contract/log.ts';
import {
  type Given,
  openGroups,
  type Rig,
  settings,
  type TestMember,
} from '../support/group-rig.ts';
import { readingOf } from '../support/reading-rows.ts';
import { tempFolder } from '../support/temp-folder.ts';

const open: Rig[] = [];

async function start(...args: Parameters<typeof openGroups>): Promise<Rig> {
  const rig = await openGroups(...args);
  open.push(rig);
  return rig;
}

afterEach(async () => {
  for (const rig of open.splice(0)) await rig.close();
});

/** Asserts what becomes true, however slow the machine is. */
const soon = <T>(look: () => T) => expect.poll(look, { timeout: 20_000 });

/** One reading a device in turn, each with its own number as value. */
async function append(
  log: Log,
  count: number,
  devices = 4,
  at = log.stream('').nextOffset,
): Promise<void> {
  const readings = Array.from({ length: count }, (_, index) =>
    readingOf({ device: `d${(at + index) % devices}`, value: at + index }),
  );
  log.append(messageOf(), decodedOf(readings));
  await settled(log);
}

/** Acknowledges whatever it is given, and asks for more. */
function work(member: TestMember, credits = 20): void {
  member.onGiven = (given) => {
    member.ack(given.map(({ offset }) => offset));
    member.credit(given.length);
  };
  member.credit(credits);
}

const offsetsOf = (given: readonly Given[]): number[] => given.map(({ offset }) => offset);
const range = (first: number, next: number): number[] =>
  Array.from({ length: next - first }, (_, index) => first + index);
const inOrder = (offsets: readonly number[]): number[] => [...offsets].sort((a, b) => a - b);

test('three members share the work: each reading once, each device in order', async () => {
  const { log, groups, join } = await start(tempFolder());
  await append(log, 500, 7);
  const members = [await join(), await join(), await join()];
  for (const member of members) work(member, 10);
  await append(log, 500, 7);
  const all = (): Given[] => members.flatMap(({ given }) => given);
  await Promise.race(members.map((member) => member.until(() => all().length >= 1000)));
  await Promise.all(members.map((member) => member.settled()));
  expect(inOrder(offsetsOf(all()))).toEqual(range(0, 1000));
  for (const { given } of members) {
    for (const device of new Set(given.map((each) => each.device))) {
      const its = offsetsOf(given.filter((each) => each.device === device));
      expect(its).toEqual(inOrder(its));
    }
    for (const { value, offset, count } of given) {
      expect(value).toBe(offset);
      expect(count).toBe(1);
    }
  }
  expect(groups.list()).toMatchObject([{ nextOffset: 1000, inFlight: 0, settledAbove: 0 }]);
});

test.each(['closed', 'killed'])(
  'what was settled does not come again after it was %s',
  async (how) => {
    const folder = tempFolder();
    const first = await openGroups(folder);
    await append(first.log, 200);
    const member = await first.join();
    member.credit(120);
    await member.has(120);
    const done = offsetsOf(member.given).filter((offset) => offset % 3 !== 0);
    member.ack(done.slice(0, 30));
    await member.settled();
    member.ack(done.slice(30));
    await member.settled();
    const copy = join(tempFolder(), 'copy');
    if (how === 'killed') {
      cpSync(folder, copy, { recursive: true });
      rmSync(join(copy, 'lock'));
    }
    await first.close();
    const { join: joinAgain, groups } = await start(how === 'killed' ? copy : folder);
    const again = await joinAgain();
    again.credit(1000);
    await again.has(200 - done.length);
    expect(inOrder(offsetsOf(again.given))).toEqual(
      range(0, 200).filter((offset) => !done.includes(offset)),
    );
    again.ack(offsetsOf(again.given));
    await again.settled();
    expect(groups.list()).toMatchObject([{ nextOffset: 200 }]);
  },
);

test('its position moves on while it is at work, and when the last member leaves', async () => {
  const { log, join, pass } = await start(tempFolder());
  await append(log, 100);
  const member = await join();
  work(member, 100);
  await member.has(100);
  await member.settled();
  pass(6000);
  // Whatever a member does is a turn of the group.
  member.credit(1);
  await soon(() => log.positions()).toMatchObject([{ kind: 'group', nextOffset: 100 }]);
  await append(log, 5);
  await member.has(105);
  member.leave();
  await soon(() => log.positions()).toMatchObject([{ nextOffset: 105 }]);
});

test('a filter of its own: what does not pass counts as done', async () => {
  const { log, groups, join } = await start(tempFolder());
  await append(log, 100, 4);
  const member = await join({ settings: { ...settings, devices: ['d2'] } });
  work(member, 100);
  await member.has(25);
  await member.settled();
  expect(offsetsOf(member.given)).toEqual(range(0, 100).filter((offset) => offset % 4 === 2));
  await soon(() => groups.list()).toMatchObject([{ nextOffset: 100 }]);
});

test('a reading that fails too often is a dead letter, and its device goes on', async () => {
  const folder = tempFolder();
  const { log, groups, join } = await start(folder);
  await append(log, 12, 3);
  const member = await join();
  member.onGiven = (given) => {
    for (const { offset } of given) {
      if (offset === 4) member.nack([offset], 'no such sensor');
      else member.ack([offset]);
    }
    member.credit(given.length);
  };
  member.credit(1);
  await member.until(() => groups.list()[0]?.nextOffset === 12 || member.settledId >= 14);
  await member.until(() => new Set(offsetsOf(member.given)).size === 12);
  await member.settled();
  const counts = member.given.filter(({ offset }) => offset === 4).map(({ count }) => count);
  expect(counts).toEqual([1, 2, 3]);
  const its = member.given.filter(({ device }) => device === 'd1').map(({ offset }) => offset);
  expect(its).toEqual([1, 4, 4, 4, 7, 10]);
  await soon(() => groups.list()).toMatchObject([{ nextOffset: 12, deadLetters: 1 }]);
  const found = await log.inspect(async (connection) => {
    const result = await connection.runAndReadAll(
      'select "offset", failures, reason, number from group_dead_letters',
    );
    return result.getRows();
  });
  expect(found).toEqual([[4n, 3, 'no such sensor', 4]]);
});

/** A log of 12 readings of three devices, of which 4 and 7 are dead letters of the group. */
async function withLetters(folder: string) {
  const rig = await start(folder);
  await append(rig.log, 12, 3);
  const member = await rig.join({ settings: { ...settings, deliveriesMax: 1 } });
  member.onGiven = (given) => {
    for (const { offset } of given) {
      if (offset === 4 || offset === 7) member.nack([offset], `bad ${offset}`);
      else member.ack([offset]);
    }
  };
  member.credit(100);
  await soon(() => rig.groups.list()).toMatchObject([{ nextOffset: 12, deadLetters: 2 }]);
  await member.settled();
  member.onGiven = null;
  member.faults.length = 0;
  const letters = new GroupLetterWork(rig.log, rig.groups);
  const work = { stream: '', group: 'workers', offsets: [], from: 0, limit: 10 };
  return { ...rig, member, letters, work };
}

test('dead letters are listed, by page and by offset', async () => {
  const { letters, work } = await withLetters(tempFolder());
  const first = await letters.list({ ...work, limit: 1 });
  expect(first).toMatchObject({
    entries: [
      {
        offset: 4,
        device: 'd1',
        metric: 'temperature',
        unit: 'Cel',
        source: 'mqtt',
        value: 4,
        failures: 1,
        reason: 'bad 4',
        isRedelivering: false,
      },
    ],
    next: 7,
  });
  const rest = await letters.list({ ...work, from: 7 });
  expect(rest).toMatchObject({ entries: [{ offset: 7 }], next: null });
  expect((await letters.list({ ...work, offsets: [7, 8] })).entries).toHaveLength(1);
  await expect(letters.list({ ...work, group: 'none' })).rejects.toMatchObject({
    code: 'GROUP_UNKNOWN',
  });
});

test('a dead letter that is sent round again is one until it is acknowledged', async () => {
  const folder = tempFolder();
  const { letters, work, member, groups, close } = await withLetters(folder);
  const before = member.given.length;
  expect(await letters.redeliver(work)).toEqual({ letters: 2, next: null });
  await member.has(before + 2);
  expect(member.given.slice(before)).toEqual([
    { offset: 4, device: 'd1', value: 4, count: 1 },
    { offset: 7, device: 'd1', value: 7, count: 1 },
  ]);
  expect((await letters.list(work)).entries.map((each) => each.isRedelivering)).toEqual([
    true,
    true,
  ]);
  member.ack([4]);
  member.nack([7]);
  await member.settled();
  expect(member.faults).toEqual([]);
  expect((await letters.list(work)).entries).toMatchObject([{ offset: 7, isRedelivering: false }]);
  expect(groups.list()).toMatchObject([{ deadLetters: 1, inFlight: 0 }]);
  open.splice(0);
  await close();
  const again = await start(folder);
  expect(again.groups.list()).toMatchObject([{ nextOffset: 12, deadLetters: 1 }]);
});

test('a dead letter that is sent round while nobody is there waits for the first member', async () => {
  const { letters, work, member, groups, join: joinAgain } = await withLetters(tempFolder());
  member.leave();
  await letters.redeliver({ ...work, offsets: [7] });
  const next = await joinAgain();
  next.credit(10);
  await next.has(1);
  expect(offsetsOf(next.given)).toEqual([7]);
  next.ack([7]);
  await next.settled();
  expect(groups.list()).toMatchObject([{ deadLetters: 1 }]);
});

test('dead letters that are thrown away are a loss', async () => {
  const { letters, work, log, groups } = await withLetters(tempFolder());
  expect(await letters.purge({ ...work, offsets: [4] })).toEqual({ letters: 1, next: null });
  expect((await letters.list(work)).entries).toMatchObject([{ offset: 7 }]);
  expect(groups.list()).toMatchObject([{ deadLetters: 1 }]);
  expect(Object.fromEntries(log.losses.byReason())).toEqual({ group_dead_letters_purged: 1 });
});

test('beyond their limit the oldest dead letters go, as a recorded loss', async () => {
  const {
    log,
    groups,
    join: joinGroup,
  } = await start(tempFolder(), {
    groups: { deadLettersMax: 10 },
  });
  await append(log, 25, 3);
  const member = await joinGroup({ settings: { ...settings, deliveriesMax: 1 } });
  member.onGiven = (given) => member.nack(offsetsOf(given));
  member.credit(100);
  await soon(() => groups.list()).toMatchObject([{ nextOffset: 25, deadLetters: 10 }]);
  await settled(log);
  expect(Object.fromEntries(log.losses.byReason())).toEqual({ group_dead_letters_full: 15 });
});

test('what a member held when it died is given to another, in order, with its count', async () => {
  const { log, join } = await start(tempFolder());
  await append(log, 20, 2);
  const dead = await join();
  const other = await join();
  dead.credit(20);
  await dead.has(20);
  dead.ack([0, 1]);
  await dead.settled();
  dead.leave(false);
  work(other, 20);
  await other.has(18);
  for (const device of ['d0', 'd1']) {
    const its = other.given.filter((each) => each.device === device);
    expect(offsetsOf(its)).toEqual(inOrder(offsetsOf(its)));
  }
  expect(new Set(other.given.map(({ count }) => count))).toEqual(new Set([2]));
  const late = dead.given.length;
  dead.ack([2]);
  expect(dead.given.length).toBe(late);
});

test('acks that do not count are told apart, and end nothing', async () => {
  const { log, join } = await start(tempFolder());
  await append(log, 10, 10);
  const one = await join();
  const two = await join();
  one.credit(5);
  await one.has(5);
  one.ack([0, 0, 7, 99]);
  await one.settled();
  expect(one.faults).toEqual([
    { id: 1, code: 'ACK_NOT_HELD', offsets: [7, 99] },
    { id: 1, code: 'ACK_ALREADY_SETTLED', offsets: [0] },
  ]);
  two.credit(0);
  two.ack([1]);
  await two.settled();
  expect(two.faults).toEqual([{ id: 1, code: 'ACK_NOT_HELD', offsets: [1] }]);
  one.ack([1, 2, 3, 4]);
  await one.settled();
  expect(one.faults).toHaveLength(2);
});

test('a reading that is not acknowledged in time is given out again; the late ack does not count', async () => {
  const { log, join, pass } = await start(tempFolder());
  await append(log, 3, 1);
  const slow = await join();
  const other = await join();
  slow.credit(3);
  await slow.has(3);
  pass(70_000);
  work(other, 3);
  // The back-off is over at once by the same clock.
  pass(10);
  await append(log, 1, 1);
  pass(10);
  await other.has(3);
  expect(offsetsOf(other.given).slice(0, 3)).toEqual([0, 1, 2]);
  slow.ack([0, 1]);
  await slow.settled();
  expect(slow.faults.map(({ code }) => code)).not.toContain(undefined);
  expect(slow.faults.flatMap(({ offsets }) => offsets)).toEqual([0, 1]);
});

test('rows that are in memory no more are read again', async () => {
  const { log, join } = await start(tempFolder(), {
    log: { tailBytesMax: 64 * 1024, sealRows: 1000 },
    groups: { recentBytesMax: 0, windowReadings: 16_384, creditsMax: 10_000 },
  });
  for (let i = 0; i < 8; i += 1) await append(log, 1500, 50);
  await log.keep();
  const stuck = await join();
  stuck.credit(1);
  await stuck.has(1);
  const other = await join();
  work(other, 3000);
  await other.has(12_000 - 240);
  expect(new Set(other.given.map(({ device }) => device)).has('d0')).toBe(false);
  // All of d0, spread over the whole log, is given out now.
  stuck.credit(1000);
  await stuck.has(240);
  expect(offsetsOf(stuck.given)).toEqual(range(0, 240).map((turn) => turn * 50));
  for (const { value, offset } of stuck.given) expect(value).toBe(offset);
});

test('beyond its window the group waits for its oldest reading, and says so', async () => {
  const { log, groups, join } = await start(tempFolder(), {
    groups: { windowReadings: 1024 },
  });
  await append(log, 3000, 10);
  const stuck = await join();
  const other = await join();
  stuck.credit(1);
  await stuck.has(1);
  work(other, 500);
  await other.has(1024 - 103);
  await other.settled();
  expect(groups.list()).toMatchObject([
    {
      nextOffset: 0,
      stall: { reason: expect.stringContaining('reading 0 of d0 is with a member') },
    },
  ]);
  stuck.ack([0]);
  work(stuck, 100);
  await soon(() => groups.list()[0]?.nextOffset).toBe(3000);
  expect(groups.list()).toMatchObject([{ stall: null }]);
});

test('readings that retention took before they were given out are a gap, told once', async () => {
  const { log, groups, join } = await start(tempFolder(), {
    log: { sealRows: 500, tailBytesMax: 0, segmentCacheBytesMax: 0 },
    groups: { recentBytesMax: 0, creditsMax: 10_000 },
  });
  // More than the 64 KiB of rows that every group may keep.
  for (let i = 0; i < 8; i += 1) await append(log, 500);
  const member = await join();
  member.credit(10);
  await member.has(10);
  const held = offsetsOf(member.given);
  const stream = log.stream('');
  stream.settings = { ...stream.settings, retention: { ...stream.settings.retention, bytes: 1 } };
  await append(log, 1);
  await log.keep();
  const low = stream.lowWatermark;
  expect(low).toBeGreaterThan(100);
  member.ack(held);
  work(member, 100);
  await soon(() => groups.list()[0]?.nextOffset).toBe(4001);
  expect(member.gaps).toEqual([{ first: held.length, next: low, reason: 'retention_bytes' }]);
  expect(offsetsOf(member.given).at(-1)).toBe(4000);
  for (const offset of offsetsOf(member.given)) {
    expect(held.includes(offset) || offset >= low).toBe(true);
  }
  const late = await join({ group: 'late' });
  late.credit(10_000);
  await late.has(4001 - low);
  expect(offsetsOf(late.given)).toEqual(range(low, 4001));
});

test('a seek gives everything out again from there, also after a restart', async () => {
  const folder = tempFolder();
  const first = await openGroups(folder);
  await append(first.log, 30);
  const member = await first.join();
  member.credit(100);
  await member.has(30);
  member.ack(range(0, 20));
  await member.settled();
  await first.groups.seek('', 'workers', 10);
  await member.has(50);
  expect(inOrder(offsetsOf(member.given).slice(30))).toEqual(range(10, 30));
  member.ack([10, 5]);
  await member.settled();
  expect(member.faults).toEqual([{ id: 2, code: 'ACK_ALREADY_SETTLED', offsets: [5] }]);
  await first.close();
  const { join: joinAgain } = await start(folder);
  const again = await joinAgain();
  again.credit(100);
  await again.has(19);
  expect(inOrder(offsetsOf(again.given))).toEqual(range(11, 30));
});

test('a group that is deleted ends its members, and its name is free', async () => {
  const { log, groups, join } = await start(tempFolder());
  await append(log, 10);
  const member = await join();
  member.credit(10);
  await member.has(10);
  await groups.remove('', 'workers');
  expect(member.end).toBe('GROUP_DELETED');
  expect(groups.list()).toEqual([]);
  expect(log.positions()).toEqual([]);
  await expect(groups.seek('', 'workers', 0)).rejects.toMatchObject({ code: 'GROUP_UNKNOWN' });
  expect(await log.commitPosition('', 'workers', 3)).toBe(3);
  await expect(join()).rejects.toMatchObject({ code: 'GROUP_IS_CONSUMER' });
});

test('each limit and each wrong name is refused by its code', async () => {
  const { log, join } = await start(tempFolder(), { groups: { groupsMax: 2, membersMax: 3 } });
  await append(log, 1);
  await join();
  await expect(join({ stream: 'none' })).rejects.toMatchObject({ code: 'STREAM_UNKNOWN' });
  await expect(join({ group: 'a b' })).rejects.toMatchObject({ code: 'CONSUMER_NAME_INVALID' });
  await expect(join({ settings: { ...settings, metrics: ['x'] } })).rejects.toMatchObject({
    code: 'GROUP_SETTINGS_DIFFER',
  });
  await expect(log.commitPosition('', 'workers', 1)).rejects.toMatchObject({
    code: 'CONSUMER_IS_GROUP',
  });
  await join({ group: 'second' });
  await expect(join({ group: 'third' })).rejects.toMatchObject({ code: 'GROUP_LIMIT' });
  const last = await join();
  await expect(join()).rejects.toMatchObject({ code: 'MEMBER_LIMIT' });
  last.leave();
  await join();
});
