// Sessions of clients that are here and away, and their limits.
import { expect, test } from 'vitest';
import { MillpondError } from '../../../../src/core/errors.ts';
import { OutgoingQueue } from '../../../../src/sources/mqtt/outgoing-queue.ts';
import { ReceivedIds } from '../../../../src/sources/mqtt/received-ids.ts';
import { RetainedStore } from '../../../../src/sources/mqtt/retained-store.ts';
import { SessionStore } from '../../../../src/sources/mqtt/session-store.ts';
import type { StoredMessage } from '../../../../src/sources/mqtt/stored-message.ts';

const limits = {
  sessionsMax: 2,
  subscriptionsMax: 2,
  queueMessagesMax: 3,
  queueBytesMax: 100_000,
  awayMsMax: 1000,
};

function message(brokerCounter: number, parts: Partial<StoredMessage> = {}): StoredMessage {
  return {
    cmd: 'publish',
    brokerId: 'broker',
    brokerCounter,
    topic: 'a',
    payload: Buffer.from('1'),
    qos: 1,
    retain: false,
    dup: false,
    ...parts,
  };
}

test('a session is forgotten when its client stayed away too long, the others stay', () => {
  const store = new SessionStore(limits);
  store.open('a', true);
  store.open('b', true);
  store.leave('a', true, 1000);
  store.leave('b', true, 1500);
  expect(store.expire(1999)).toEqual([]);
  expect(store.expire(2000)).toEqual(['a']);
  store.open('b', true);
  expect(store.expire(9000)).toEqual([]);
  expect(store.keptCount).toBe(1);
});

test('one client away too many drops the one that is away longest, never one that is here', () => {
  const store = new SessionStore(limits);
  for (const id of ['here', 'first', 'second', 'third']) store.open(id, true);
  expect(store.leave('first', true, 1)).toEqual([]);
  expect(store.leave('second', true, 2)).toEqual([]);
  expect(store.leave('third', true, 3)).toEqual(['first']);
  store.open('second', true);
  store.open('fourth', true);
  expect(store.leave('fourth', true, 4)).toEqual([]);
  expect(store.leave('here', true, 5)).toEqual(['third']);
  expect(store.keptCount).toBe(3);
});

test('a session that is not kept ends with its connection, subscriptions and all', () => {
  const store = new SessionStore(limits);
  store.open('a', false);
  store.subscribe('a', [{ topic: 'x', qos: 1 }]);
  expect(store.subscribers('x')).toEqual([{ clientId: 'a', qos: 1 }]);
  store.leave('a', false, 1);
  expect(store.subscribers('x')).toEqual([]);
  expect(store.get('a')).toBeUndefined();
});

test('a subscriber is found once, with the highest QoS of those that match', () => {
  const store = new SessionStore(limits);
  store.open('a', true);
  store.subscribe('a', [
    { topic: 'x/#', qos: 1 },
    { topic: 'x/+', qos: 2 },
    { topic: 'x/y', qos: 2 },
  ]);
  expect(store.subscribers('x/y')).toEqual([{ clientId: 'a', qos: 2 }]);
  store.subscribe('a', [{ topic: 'x/+', qos: 0 }]);
  expect(store.subscribers('x/y')).toEqual([{ clientId: 'a', qos: 1 }]);
});

test('the bytes of a queue are given back when it is acknowledged or forgotten', () => {
  const store = new SessionStore(limits);
  store.open('a', true);
  for (let counter = 1; counter <= 3; counter++) store.enqueue('a', 1, message(counter));
  expect(store.enqueue('a', 1, message(4))).toBe(false);
  const bytes = store.queuedBytes;
  store.get('a')?.outgoing.markSent(2, 77);
  expect(store.acknowledge('a', 77)?.brokerCounter).toBe(2);
  expect(store.queuedBytes).toBeLessThan(bytes);
  store.forget('a');
  expect(store.queuedBytes).toBe(0);
});

test('all queues together are bounded', () => {
  const store = new SessionStore({ ...limits, queueBytesMax: 600 });
  store.open('a', true);
  store.open('b', true);
  expect(store.enqueue('a', 1, message(1))).toBe(true);
  expect(store.enqueue('b', 1, message(1))).toBe(true);
  expect(store.enqueue('b', 1, message(2))).toBe(false);
});

test('a queue sends again in order: duplicates marked, only PUBREL after PUBREC', () => {
  const queue = new OutgoingQueue();
  for (let counter = 1; counter <= 3; counter++) queue.push(message(counter, { qos: 2 }));
  queue.markSent(1, 11);
  queue.markSent(2, 12);
  queue.markReceived(12);
  const again = queue.messages().map(({ cmd, dup, messageId }) => ({ cmd, dup, messageId }));
  expect(again).toEqual([
    { cmd: 'publish', dup: true, messageId: 11 },
    { cmd: 'pubrel', dup: false, messageId: 12 },
    { cmd: 'publish', dup: false, messageId: undefined },
  ]);
  expect(queue.acknowledge(undefined)).toBeUndefined();
  expect(queue.acknowledge(99)).toBeUndefined();
  queue.acknowledge(12);
  expect(queue.length).toBe(2);
});

test('retained messages are bounded in number and bytes, and own their payload', () => {
  const store = new RetainedStore({ messagesMax: 2, bytesMax: 2000 });
  const shared = Buffer.from('xyz');
  expect(store.store(message(1, { payload: shared.subarray(0, 1) }))).toBe(true);
  shared.fill('!');
  expect([...store.matching(['a'], 0)][0]?.payload.toString()).toBe('x');
  expect(store.store(message(2, { topic: 'b', payload: Buffer.alloc(5000) }))).toBe(false);
  expect(store.store(message(3, { topic: 'b' }))).toBe(true);
  expect(store.store(message(4, { topic: 'c' }))).toBe(false);
  expect(store.store(message(5, { topic: 'a', payload: Buffer.from('new') }))).toBe(true);
  for (const topic of ['a', 'b', 'none']) {
    expect(store.store(message(6, { topic, payload: Buffer.alloc(0) }))).toBe(true);
  }
  expect(store).toMatchObject({ size: 0, bytes: 0 });
});

test('a retained message that expired is dropped, not delivered', () => {
  const store = new RetainedStore({ messagesMax: 2, bytesMax: 2000 });
  store.store(message(1, { messageExpiry: 500 }));
  expect([...store.matching(['#'], 499)]).toHaveLength(1);
  expect([...store.matching(['#'], 500)]).toHaveLength(0);
  expect(store.size).toBe(0);
});

test('a QoS 2 identifier released early is free, and its first copy does not take it back', () => {
  const received = new ReceivedIds();
  const calls: string[] = [];
  const first = received.begin(1, (error) => calls.push(`first ${error?.code ?? 'stored'}`));
  received.end(1);
  const second = received.begin(1, (error) => calls.push(`second ${error?.code ?? 'stored'}`));
  first?.(new MillpondError('LOG_STOPPING', 'over'));
  expect(received.has(1)).toBe(true);
  second?.(null);
  expect(calls).toEqual(['first LOG_STOPPING', 'second stored']);
  expect([received.claim(1), received.claim(1)]).toEqual([true, false]);
});
