// Both ends of the groups' channel, over a real one: what crosses, how often, and what waits.
import { MessageChannel } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { MemberChannel } from '../../../src/bridge/member-channel.ts';
import { MemberServer } from '../../../src/bridge/member-server.ts';
import type { FromLog, MemberActs } from '../../../src/bridge/messages.ts';
import { MillpondError } from '../../../src/core/errors.ts';
import type { MemberAction, MemberEvent } from '../../../src/core/group.ts';

const settings = { ackDeadlineMs: 1, deliveriesMax: 1, devices: [], metrics: [] };

function connect() {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  const acted: [number, MemberAction][] = [];
  const posted = { acts: [] as (readonly MemberActs[])[], told: [] as FromLog[] };
  let members = 0;
  let isBusy = false;
  const channel = new MemberChannel((acts) => {
    posted.acts.push(acts);
    port1.postMessage(acts);
  });
  function join(receive: (events: readonly MemberEvent[]) => void = () => {}) {
    members += 1;
    return channel.open({ member: members, settings }, receive);
  }
  const server = new MemberServer({
    post: (message, transfer) => {
      posted.told.push(message);
      port2.postMessage(message, [...transfer]);
    },
    act: (member, actions) => {
      for (const action of actions) acted.push([member, action]);
    },
  });
  const held: (readonly MemberActs[])[] = [];
  port2.on('message', (acts) => (isBusy ? held.push(acts) : server.act(acts)));
  port1.on('message', (message) => channel.receive(message));
  /** Until everything that was posted has come and been answered. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  }
  return {
    channel,
    join,
    server,
    acted,
    posted,
    settle,
    setBusy: () => {
      isBusy = true;
    },
    setFree: () => {
      isBusy = false;
      for (const acts of held.splice(0)) server.act(acts);
    },
  };
}

test('the actions of one turn cross in one message, each member’s in its order', async () => {
  const { join, acted, posted, settle } = connect();
  const one = join();
  const two = join();
  one.act({ kind: 'ack', id: 1, offsets: [5] });
  two.act({ kind: 'extend', id: 1, offsets: [] });
  one.act({ kind: 'leave', isGoodbye: true });
  await settle();
  expect(posted.acts).toHaveLength(1);
  expect(acted).toEqual([
    [one.member, { kind: 'ack', id: 1, offsets: [5] }],
    [one.member, { kind: 'leave', isGoodbye: true }],
    [two.member, { kind: 'extend', id: 1, offsets: [] }],
  ]);
});

test('two messages are under way at most, and credits that wait are one action', async () => {
  const { join, acted, posted, settle, setBusy, setFree } = connect();
  const { act } = join();
  setBusy();
  for (let turn = 0; turn < 10; turn++) {
    act({ kind: 'credit', count: 3 });
    await settle();
  }
  expect(posted.acts).toHaveLength(2);
  setFree();
  await settle();
  expect(posted.acts).toHaveLength(3);
  expect(acted.map(([, action]) => action)).toEqual([
    { kind: 'credit', count: 3 },
    { kind: 'credit', count: 3 },
    { kind: 'credit', count: 24 },
  ]);
});

test('even a credit of 0 crosses: events come after the first action', async () => {
  const { join, acted, settle } = connect();
  const { act } = join();
  act({ kind: 'credit', count: 0 });
  await settle();
  expect(acted).toEqual([[1, { kind: 'credit', count: 0 }]]);
});

test('what members are told in one turn crosses in one message, buffers without a copy', async () => {
  const { join, server, posted, settle } = connect();
  const received: MemberEvent[][] = [[], []];
  for (const events of received) join((some) => events.push(...some));
  const { buffer } = new Uint8Array([1, 2, 3]);
  server.tell(1, [{ kind: 'delivery', buffer, ranges: [0, 3], readings: 1 }]);
  server.tell(2, [{ kind: 'settled', throughId: 4, faults: [] }]);
  server.tell(1, [{ kind: 'ended', error: new MillpondError('LOG_STOPPING', 'over') }]);
  await settle();
  expect(posted.told).toHaveLength(1);
  expect(buffer.byteLength).toBe(0);
  expect(received[0]?.[0]).toMatchObject({ kind: 'delivery', ranges: [0, 3] });
  const last = received[0]?.[1];
  expect(last?.kind === 'ended' && last.error).toBeInstanceOf(MillpondError);
  expect(received[1]).toEqual([{ kind: 'settled', throughId: 4, faults: [] }]);
});

test('nothing is received after close', async () => {
  const { join, server, settle } = connect();
  const received: MemberEvent[] = [];
  const { close } = join((events) => received.push(...events));
  close();
  server.tell(1, [{ kind: 'settled', throughId: 1, faults: [] }]);
  await settle();
  expect(received).toEqual([]);
});

test('every member is told when the log thread is gone', async () => {
  const { channel, join } = connect();
  const received: MemberEvent[] = [];
  join((events) => received.push(...events));
  const error = new MillpondError('INTERNAL', 'gone');
  channel.fail(error);
  expect(received).toEqual([{ kind: 'ended', error }]);
});
