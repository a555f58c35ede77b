// Members that ask for nonsense, flood, fall silent or vanish: each gets a clear answer, nothing is
// lost, and nobody else is slower.
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { ConsumeRequest } from '../../src/generated/millpond/v1/consume.ts';
import { ConsumeRig, reasonOf, type Task } from '../support/consume-rig.ts';
import { Member } from '../support/member.ts';
import {
  ackRequest,
  creditRequest,
  nackRequest,
  startRequest,
} from '../support/member-requests.ts';
import { connectTelemetry } from '../support/readings.ts';

const DEVICES = 10;
const READINGS = 2000;
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

const codesOf = (faults: readonly { code: string; offsets: readonly bigint[] }[]) =>
  faults.map(({ code, offsets }) => [code, offsets.map(Number)]);

test('an ack of what was never delivered, or is another’s, or was done, is a fault and no more', async () => {
  const group = newGroup();
  // Of each device one: there are others for the second member.
  const one = await rig.member({ group, credits: 5 }).has(5);
  const two = await rig.member({ group, credits: 5 }).has(5);
  const [first, second, third, fourth, ...rest] = one.offsets as [number, number, number, number];
  const theirs = two.offsets[0]!;
  expect(codesOf(await one.settled(one.ack(1999)))).toEqual([['ACK_NOT_HELD', [1999]]]);
  expect(codesOf(await one.settled(one.ack(10 ** 12)))).toEqual([['ACK_NOT_HELD', [10 ** 12]]]);
  expect(codesOf(await one.settled(one.ack(theirs)))).toEqual([['ACK_NOT_HELD', [theirs]]]);
  expect(await one.settled(one.ack(first))).toEqual([]);
  expect(codesOf(await one.settled(one.ack(first)))).toEqual([['ACK_ALREADY_SETTLED', [first]]]);
  expect(codesOf(await one.settled(one.nack([first, 1999])))).toEqual(
    expect.arrayContaining([
      ['ACK_ALREADY_SETTLED', [first]],
      ['ACK_NOT_HELD', [1999]],
    ]),
  );
  // Of one request the rest counts.
  expect(codesOf(await one.settled(one.ack(second, first, third)))).toEqual([
    ['ACK_ALREADY_SETTLED', [first]],
  ]);
  expect(codesOf(await one.settled(one.extend(first, fourth)))).toEqual([
    ['ACK_ALREADY_SETTLED', [first]],
  ]);
  expect(await two.settled(two.ack(...two.offsets))).toEqual([]);
  expect(await one.settled(one.ack(fourth, ...rest))).toEqual([]);
});

test.each<[string, ConsumeRequest, string]>([
  ['negative credits', creditRequest(-1), 'REQUEST_INVALID'],
  ['a second start', startRequest(), 'REQUEST_INVALID'],
  ['an id that does not rise', ackRequest(0, [1]), 'REQUEST_INVALID'],
  ['an empty ack', ackRequest(1, []), 'REQUEST_INVALID'],
  ['a nack with a delay of a month', nackRequest(1, [1], { delayMs: 2 ** 31 }), 'REQUEST_INVALID'],
  ['an offset beyond 2^53', ackRequest(1, [2 ** 60]), 'REQUEST_INVALID'],
])('%s ends the call, and what the member held goes on', async (_name, request, reason) => {
  const group = newGroup();
  const member = await rig.member({ group, credits: 10 }).has(10);
  member.call.write(request);
  expect(reasonOf((await member.ended()).error)).toBe(reason);
  const next = await rig.member({ group, credits: READINGS }).has(READINGS);
  expect(new Set(next.offsets).size).toBe(READINGS);
});

test.each([
  ['another stream', { stream: 'none' }, 'STREAM_UNKNOWN'],
  ['a name that is none', { group: 'a b' }, 'CONSUMER_NAME_INVALID'],
  ['no name', { group: '' }, 'CONSUMER_NAME_INVALID'],
  ['a start beyond the end', { start: { $case: 'offset', value: 10_000n } }, 'OFFSET_BEYOND_END'],
  ['a glob that is empty', { devices: [''] }, 'REQUEST_INVALID'],
  ['credits below 0', { credits: -1 }, 'REQUEST_INVALID'],
] as const)('refuses a member with %s', async (_name, fields, reason) => {
  const member = rig.member({
    group: newGroup(),
    ...fields,
    devices: [...((fields as { devices?: readonly string[] }).devices ?? [])],
  });
  expect(reasonOf((await member.ended()).error)).toBe(reason);
});

test('refuses a call that does not begin with start, and one that says nothing', async () => {
  const silent = rig.client.consume();
  const ended = new Promise<string>((resolve) => {
    silent.on('error', (error) => resolve(reasonOf(error as never)));
  });
  silent.on('data', () => {});
  silent.end();
  expect(await ended).toBe('REQUEST_INVALID');
});

test('refuses a member whose settings are not those of the others', async () => {
  const group = newGroup();
  await rig.member({ group, ackDeadlineMs: 1000 }).join();
  const other = rig.member({ group, ackDeadlineMs: 2000 });
  expect(reasonOf((await other.ended()).error)).toBe('GROUP_SETTINGS_DIFFER');
});

test('huge credits are cut, and no member is sent more than the limit', async () => {
  const member = await rig.member({ group: newGroup(), credits: 2 ** 31 - 1 }).has(READINGS);
  expect(member.delivered).toHaveLength(READINGS);
  for (let turn = 0; turn < 5; turn++) member.credit(2 ** 31 - 1);
  expect(await member.settled(member.ack(0))).toEqual([]);
});

test('a flood of acks by a member that reads nothing does not grow the gateway', async () => {
  const group = newGroup();
  const client = connectTelemetry(rig.address);
  onTestFinished(() => client.close());
  const member = await rig.member({ group, credits: 10 }, client).has(10);
  const before = residentBytes(rig.gateway.child.pid!);
  member.call.pause();
  const offsets = Array.from({ length: 5000 }, (_, index) => 100_000 + index);
  let sent = 0;
  // As much as the connection takes: with the call unread on the other side it stops taking.
  for (; sent < 2000; sent++) {
    const isTaken = member.call.write(ackRequest(sent + 1, offsets));
    if (!isTaken) {
      const drained = new Promise<boolean>((resolve) =>
        member.call.once('drain', () => resolve(true)),
      );
      // Another member’s round trips tell that the gateway has had its turns.
      const isDrained = await Promise.race([drained, roundTrips(20).then(() => false)]);
      if (!isDrained) break;
    }
  }
  expect(sent).toBeLessThan(2000);
  expect(residentBytes(rig.gateway.child.pid!) - before).toBeLessThan(100e6);
  member.call.resume();
  await member.until(() => member.settledThrough >= sent);
});

async function roundTrips(count: number): Promise<void> {
  const member = await rig.member({ group: newGroup() }).join();
  for (let turn = 0; turn < count; turn++) await member.settled(member.ack(1));
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

test('a member that takes credits and reads nothing holds up only what it was sent', async () => {
  const group = newGroup();
  const settings = { group, ackDeadlineMs: 500 };
  const client = connectTelemetry(rig.address);
  onTestFinished(() => client.close());
  const silent = await rig.member(settings, client).join();
  silent.call.pause();
  silent.credit(500);
  await rig.until(group, ({ inFlight }) => inFlight > 0n);
  const worker = rig.member({ ...settings, credits: 100 });
  worker.onDelivered = (some) => {
    worker.ack(...some.map(({ offset }) => offset));
    worker.credit(some.length);
  };
  await rig.until(group, ({ lag }) => lag === 0n);
  expect(new Set(worker.offsets).size).toBe(READINGS);
});

test('a member that vanishes is found; one more than allowed comes in when another has gone', async () => {
  const narrow = new ConsumeRig({
    MILLPOND_CONSUME_BACK_OFF: '100ms',
    MILLPOND_CONSUME_MEMBERS_MAX: '2',
    MILLPOND_GRPC_KEEPALIVE_TIME: '1s',
    MILLPOND_GRPC_KEEPALIVE_TIMEOUT: '1s',
  });
  onTestFinished(() => narrow.close());
  await narrow.start();
  await narrow.publish(tasks.slice(0, 20));
  const line = await lineTo(narrow.address);
  const client = connectTelemetry(line.address);
  onTestFinished(() => client.close());
  await narrow.member({ credits: 20 }, client).has(20);
  const other = await narrow.member().join();
  expect(reasonOf((await narrow.member().ended()).error)).toBe('MEMBER_LIMIT');
  await other.goodbye();
  const next = await narrow.member().join();
  line.freeze();
  next.credit(20);
  await next.has(20);
  expect(new Set(next.offsets).size).toBe(20);
});

/** A line to the gateway that can fall silent without closing, as a mobile network does. */
async function lineTo(address: string): Promise<{ address: string; freeze(): void }> {
  const [host = '', port] = address.split(':');
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    const other = connect(Number(port), host);
    sockets.push(socket, other);
    for (const each of [socket, other]) each.on('error', () => {});
    socket.pipe(other);
    other.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const bound = server.address();
  const boundPort = typeof bound === 'object' ? bound?.port : 0;
  return {
    address: `127.0.0.1:${boundPort}`,
    freeze() {
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
  };
}

test('a thousand members in one group: all the work is done, each device in order', async () => {
  const MEMBERS = 1000;
  const CONNECTIONS = 10;
  const group = newGroup();
  const clients = Array.from({ length: CONNECTIONS }, () => connectTelemetry(rig.address));
  onTestFinished(() => {
    for (const client of clients) client.close();
  });
  const order = new Map<string, number[]>();
  const members = Array.from({ length: MEMBERS }, (_, index) => {
    const member = new Member(clients[index % CONNECTIONS]!, { group });
    member.onDelivered = (some) => {
      for (const { offset, reading } of some) {
        order.set(reading.device, [...(order.get(reading.device) ?? []), offset]);
      }
      member.ack(...some.map(({ offset }) => offset));
      member.credit(some.length);
    };
    return member;
  });
  await Promise.all(members.map((member) => member.join()));
  expect(await rig.until(group, () => true)).toMatchObject({ members: MEMBERS });
  for (const member of members) member.credit(1);
  await rig.until(group, ({ lag }) => lag === 0n);
  const all = [...order.values()];
  expect(all.flat()).toHaveLength(READINGS);
  for (const offsets of all) expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  for (const member of members) member.die();
  await rig.until(group, (found) => found.members === 0);
});
