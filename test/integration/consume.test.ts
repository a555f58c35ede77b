// A group over gRPC: its members share the readings, no device is reordered, what fails comes again,
// what fails too often is kept, and what is confirmed does not come again.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Edge } from '../../src/generated/millpond/v1/offsets.ts';
import { ConsumeRig, reasonOf, type Task } from '../support/consume-rig.ts';
import { program } from '../support/gateway.ts';
import type { Delivered, Member } from '../support/member.ts';

const DEVICES = 8;
const READINGS = 400;
/** Offset o is of device d<o % 8> and has the value o. */
const tasks = Array.from({ length: READINGS }, (_, o): Task => [`d${o % DEVICES}`, o]);

const rig = new ConsumeRig({ MILLPOND_CONSUME_BACK_OFF: '100ms' });
let groups = 0;
const newGroup = () => `group-${groups++}`;

beforeAll(async () => {
  await rig.start();
  await rig.publish(tasks);
});
afterEach(() => rig.dismissMembers());
afterAll(() => rig.close());

const deviceOf = (offset: number) => offset % DEVICES;

/** Acknowledges all that comes, and asks for as much again. */
function work(member: Member): void {
  const done = (some: readonly Delivered[]) => {
    member.ack(...some.map(({ offset }) => offset));
    member.credit(some.length);
  };
  if (member.delivered.length > 0) done(member.delivered);
  member.onDelivered = done;
}

function ofDevice(offsets: readonly number[], device: number): number[] {
  return offsets.filter((offset) => deviceOf(offset) === device);
}

test('sends readings whole, as many as there are credits, and tells what holds', async () => {
  const fields = { group: newGroup(), devices: ['d2'], ackDeadlineMs: 5000 };
  const member = await rig.member({ ...fields, credits: 3 }).has(3);
  expect(member.joined).toMatchObject({ ackDeadlineMs: 5000, deliveriesMax: 10 });
  expect(member.delivered[1]).toMatchObject({
    count: 1,
    reading: { offset: 10n, device: 'd2', metric: 'task', value: { $case: 'number', value: 10 } },
  });
  member.credit(2);
  await member.has(5);
  expect(await member.settled(member.extend())).toEqual([]);
  expect(member.offsets).toEqual([2, 10, 18, 26, 34]);
});

test('two members share the readings; no device is reordered or with both at a time', async () => {
  const group = newGroup();
  const members = [rig.member({ group }), rig.member({ group })];
  await Promise.all(members.map((member) => member.join()));
  /** By device, who has how many of it unacknowledged. */
  const held = new Map<number, { readonly member: Member; count: number }>();
  const taken: number[] = [];
  for (const member of members) {
    member.onDelivered = (some) => {
      for (const { offset } of some) {
        const holder = held.get(deviceOf(offset));
        if (holder !== undefined && holder.count > 0) expect(holder.member).toBe(member);
        held.set(deviceOf(offset), { member, count: (holder?.count ?? 0) + 1 });
        taken.push(offset);
      }
      setTimeout(() => {
        // From here on others may have them: the test knows before the gateway does.
        for (const { offset } of some) held.get(deviceOf(offset))!.count -= 1;
        member.ack(...some.map(({ offset }) => offset));
        member.credit(some.length);
      }, 1);
    };
    member.credit(20);
  }
  await rig.until(group, ({ lag }) => lag === 0n);
  expect(taken).toHaveLength(READINGS);
  for (let device = 0; device < DEVICES; device++) {
    expect(ofDevice(taken, device)).toEqual(
      ofDevice(
        tasks.map((_, offset) => offset),
        device,
      ),
    );
  }
  for (const member of members) expect(member.offsets.length).toBeGreaterThan(0);
});

test('what was acknowledged and confirmed does not come again to the next member', async () => {
  const group = newGroup();
  const one = await rig.member({ group, credits: 10 }).has(10);
  const [, second, third, ...held] = one.offsets;
  expect(await one.settled(one.ack(second!, third!))).toEqual([]);
  expect((await one.goodbye()).error).toBeNull();
  const two = await rig.member({ group, credits: READINGS }).has(READINGS - 2);
  expect(two.offsets).toEqual(expect.arrayContaining([one.offsets[0], ...held]));
  expect(two.offsets.filter((offset) => offset === second || offset === third)).toEqual([]);
});

test('a goodbye is answered for everything asked before it', async () => {
  const member = await rig.member({ group: newGroup(), credits: 50 }).has(50);
  for (const offset of member.offsets) member.ack(offset);
  expect((await member.goodbye()).error).toBeNull();
  expect(member.settledThrough).toBe(50);
  expect(member.faults).toEqual([]);
});

test('a nack brings the reading and the later ones of its device again, after the delay', async () => {
  const group = newGroup();
  const member = await rig.member({ group, devices: ['d3', 'd4'], credits: 100 }).has(100);
  const before = ofDevice(member.offsets, 3);
  const nacked = member.nack([3], { delayMs: 0, reason: 'no' });
  expect(await member.settled(nacked)).toEqual([]);
  member.credit(before.length);
  await member.has(100 + before.length);
  expect(member.delivered.slice(100).map(({ offset, count }) => [offset, count])).toEqual(
    before.map((offset) => [offset, 2]),
  );
  const { redeliveries } = await rig.until(group, () => true);
  expect(redeliveries).toBe(BigInt(before.length));
  // What was taken back is acknowledged as the second delivery, once.
  expect(await member.settled(member.ack(...before))).toEqual([]);
});

test('while one device waits for its delay, the others go on', async () => {
  const group = newGroup();
  const fields = { group, devices: ['d0', 'd1'] };
  const one = await rig.member({ ...fields, credits: 1 }).has(1);
  const [first] = one.offsets;
  await one.settled(one.nack([first!], { delayMs: 60_000 }));
  one.credit(READINGS);
  const other = 1 - deviceOf(first!);
  await one.has(1 + READINGS / DEVICES);
  const rest = one.offsets.slice(1);
  expect(rest).toEqual(ofDevice(rest, other));
  expect((await rig.until(group, () => true)).waiting).toBe(1n);
});

test('a reading that is held beyond the deadline goes to who is free; its late ack is refused', async () => {
  const group = newGroup();
  const settings = { group, ackDeadlineMs: 300, devices: ['d5'] };
  const silent = await rig.member({ ...settings, credits: 1 }).has(1);
  const other = await rig.member({ ...settings, credits: 1 }).has(1);
  expect(other.delivered[0]).toMatchObject({ offset: 5, count: 2 });
  const faults = await silent.settled(silent.ack(5));
  expect(faults).toMatchObject([{ code: 'ACK_NOT_HELD', offsets: [5n] }]);
});

test('extending holds a reading beyond its deadline', async () => {
  const group = newGroup();
  const settings = { group, ackDeadlineMs: 400, devices: ['d5'] };
  const member = await rig.member({ ...settings, credits: 1 }).has(1);
  const waiting = await rig.member({ ...settings, credits: 1 }).join();
  for (let turn = 0; turn < 6; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await member.settled(turn % 2 === 0 ? member.extend(5) : member.extend());
  }
  expect(await member.settled(member.ack(5))).toEqual([]);
  await waiting.has(1);
  expect(waiting.offsets).toEqual([13]);
});

test('what a member that dies holds goes to the others', async () => {
  const group = newGroup();
  const one = await rig.member({ group, credits: 16 }).has(16);
  const two = await rig.member({ group }).join();
  one.die();
  two.credit(READINGS);
  await two.has(READINGS);
  expect(two.offsets).toEqual(expect.arrayContaining(one.offsets));
});

test('what fails too often is kept with its reason, its device goes on, and it goes round again', async () => {
  const group = newGroup();
  const fields = { group, devices: ['d2'], limit: { $case: 'deliveriesMax' as const, value: 2 } };
  const member = await rig.member({ ...fields, credits: 1 }).has(1);
  member.nack([2], { delayMs: 0, reason: 'first' });
  member.credit(1);
  await member.has(2);
  await member.settled(member.nack([2], { delayMs: 0, reason: 'no disk' }));
  member.credit(1);
  await member.has(3);
  expect(member.delivered.at(-1)).toMatchObject({ offset: 10, count: 1 });
  await rig.until(group, ({ deadLetters }) => deadLetters === 1n);
  expect(await rig.deadLetters(group)).toMatchObject([
    {
      reading: { offset: 2n, device: 'd2' },
      failures: 2,
      reason: 'no disk',
      isRedelivering: false,
    },
  ]);
  await member.settled(member.ack(10));

  expect(await rig.redeliver(group)).toBe(1);
  member.credit(1);
  await member.until(() => member.offsets.filter((offset) => offset === 2).length === 3);
  expect(await member.settled(member.ack(2))).toEqual([]);
  await rig.until(group, ({ deadLetters }) => deadLetters === 0n);
  expect(await rig.deadLetters(group)).toEqual([]);
});

test('dead letters that are thrown away are a recorded loss', async () => {
  const group = newGroup();
  const fields = { group, devices: ['d4'], limit: { $case: 'deliveriesMax' as const, value: 1 } };
  const member = rig.member(fields);
  member.onDelivered = (some) => {
    member.credit(some.length);
    const failed = some.map(({ offset }) => offset).filter((offset) => offset < 20);
    if (failed.length > 0) member.nack(failed, { delayMs: 0, reason: 'bad' });
  };
  member.credit(3);
  await rig.until(group, ({ deadLetters }) => deadLetters === 2n);
  await rig.deadLetters(group);
  expect(await rig.purge(group, [12])).toBe(1);
  expect((await rig.deadLetters(group)).map(({ reading }) => reading?.offset)).toEqual([4n]);
  expect((await rig.losses()).at(-1)).toMatchObject({
    count: 1n,
    reason: 'group_dead_letters_purged',
    detail: expect.stringContaining(group),
  });
});

test('begins where the first member says, and later ones join it there', async () => {
  const group = newGroup();
  const start = { $case: 'offset' as const, value: 398n };
  const one = await rig.member({ group, start, credits: 1 }).has(1);
  const edge = { $case: 'edge' as const, value: Edge.EDGE_EARLIEST };
  const two = await rig.member({ group, start: edge, credits: 1 }).has(1);
  expect([...one.offsets, ...two.offsets].sort()).toEqual([398, 399]);
});

test('lists the group with its members', async () => {
  const group = newGroup();
  const one = await rig.member({ group, member: 'one', credits: 3 }).has(3);
  await rig.member({ group, member: 'two' }).join();
  expect(await rig.until(group, ({ inFlight }) => inFlight === 3n)).toMatchObject({
    stream: 'readings',
    lag: BigInt(READINGS),
    members: 2,
    credits: 0n,
    stall: expect.any(String),
  });
  expect(await rig.members(group)).toMatchObject([
    { memberId: one.joined?.memberId, member: 'one', inFlight: 3n, credits: 0n },
    { member: 'two', inFlight: 0n, credits: 0n },
  ]);
});

test('millpond groups lists groups, members and dead letters, and works on these', async () => {
  const group = newGroup();
  const limit = { $case: 'deliveriesMax' as const, value: 1 };
  const member = rig.member({ group, member: 'cli', devices: ['d6'], limit, credits: 1 });
  await member.has(1);
  member.nack([6], { reason: 'no disk' });
  await rig.until(group, ({ deadLetters }) => deadLetters === 1n);
  await rig.deadLetters(group);
  expect((await millpond('list', group, '--json'))[0]).toMatchObject({
    event: 'group',
    group,
    members: 1,
    deadLetters: 1,
  });
  expect(await millpond('show', group, '--json')).toMatchObject([{ member: 'cli', inFlight: 0 }]);
  expect(await millpond('dead-letters', group, '--json')).toMatchObject([
    { failures: 1, reason: 'no disk', reading: { offset: '6', device: 'd6' } },
  ]);
  expect(await millpond('redeliver', group)).toEqual(['1 dead letter goes round again']);
  member.credit(1);
  await member.until(() => member.offsets.filter((offset) => offset === 6).length === 2);
  expect(await millpond('purge', group, '--offset', '6')).toEqual(['1 dead letter thrown away']);
  expect(await millpond('dead-letters', group)).toEqual(['There are no dead letters.']);
});

/** The lines that `millpond groups` writes; those of `--json` parsed. */
async function millpond(...args: string[]): Promise<unknown[]> {
  const command = [program, 'groups', ...args, '--grpc', rig.address];
  const { stdout } = await promisify(execFile)(process.execPath, command);
  const lines = stdout.split('\n').slice(0, -1);
  return args.includes('--json') ? lines.map((line) => JSON.parse(line) as unknown) : lines;
}

test('after a kill of the gateway only what was not confirmed comes again', async () => {
  const group = newGroup();
  const member = await rig.member({ group, credits: 100 }).has(100);
  const acked = member.offsets.filter((offset) => offset % 3 !== 0);
  expect(await member.settled(member.ack(...acked))).toEqual([]);
  await rig.killAndStart();
  await member.ended();
  const next = rig.member({ group, credits: READINGS });
  await next.has(READINGS - acked.length);
  expect([...next.offsets].sort((a, b) => a - b)).toEqual(
    tasks.map((_, offset) => offset).filter((offset) => !acked.includes(offset)),
  );
  work(next);
  await rig.until(group, ({ lag }) => lag === 0n);
});

test('a gateway that stops ends its members so that they come again', async () => {
  const member = await rig.member({ group: newGroup(), credits: 5 }).has(5);
  expect(await rig.gateway.stop()).toBe(0);
  expect(reasonOf((await member.ended()).error)).toBe('LOG_STOPPING');
  await rig.start();
});
