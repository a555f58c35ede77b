// A member's call: what it hands to its group, what it tells its client, how it ends, and that
// neither a flood nor silence makes it hold more. The group is played by the test.
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { MillpondError } from '../../../../src/core/errors.ts';
import type { JoinRequest, MemberAction, MemberEvent } from '../../../../src/core/group.ts';
import { ConsumeCall, type ConsumeStream } from '../../../../src/delivery/grpc/consume-call.ts';
import { ConsumeResponse } from '../../../../src/generated/millpond/v1/consume.ts';
import {
  ackRequest,
  creditRequest,
  nackRequest,
  startRequest,
} from '../../../support/member-requests.ts';

const UNANSWERED_MAX = 10;

class Stream extends EventEmitter {
  isPaused = false;
  pause(): this {
    this.isPaused = true;
    return this;
  }
  resume(): this {
    this.isPaused = false;
    return this;
  }
}

function setUp({ refusal = null }: { refusal?: MillpondError | null } = {}) {
  const stream = new Stream();
  const joins: JoinRequest[] = [];
  const actions: MemberAction[] = [];
  let receive: (events: readonly MemberEvent[]) => void = () => {};
  let isClosed = false;
  const answers: (() => void)[] = [];
  const settings = { ackDeadlineMs: 500, deliveriesMax: 3, devices: [], metrics: [] };
  const groups = {
    async join(request: JoinRequest, take: typeof receive) {
      joins.push(request);
      await new Promise<void>((resolve) => answers.push(resolve));
      if (refusal !== null) throw refusal;
      receive = take;
      return {
        member: 7,
        settings,
        act: (action: MemberAction) => void actions.push(action),
        close: () => {
          isClosed = true;
        },
      };
    },
  };
  const written: ConsumeResponse[] = [];
  const delivered: number[] = [];
  const writes: (() => void)[] = [];
  const controller = new AbortController();
  const call = new ConsumeCall(stream as unknown as ConsumeStream, {
    groups,
    defaults: { ackDeadlineMs: 30_000, deliveriesMax: 10 },
    sink: {
      write(messages) {
        written.push(...messages.map((message) => ConsumeResponse.decode(message)));
        return new Promise((resolve) => writes.push(resolve));
      },
    },
    delivered: (readings) => void delivered.push(readings),
    unansweredMax: UNANSWERED_MAX,
    signal: controller.signal,
  });
  const run = call.run();
  run.catch(() => undefined);
  return {
    stream,
    joins,
    actions,
    delivered,
    written,
    controller,
    run,
    isClosed: () => isClosed,
    emit: (...events: MemberEvent[]) => receive(events),
    send: (request: unknown) => stream.emit('data', request),
    /** The client's window lets everything out that waits. */
    async drain() {
      for (const done of writes.splice(0)) done();
      await new Promise(setImmediate);
    },
    async answerJoin() {
      for (const answer of answers.splice(0)) answer();
      await new Promise(setImmediate);
    },
    async join() {
      stream.emit('data', startRequest({ credits: 5 }));
      await this.answerJoin();
      await this.drain();
      actions.length = 0;
      written.length = 0;
    },
  };
}

const settled = (throughId: number, faults: readonly number[] = []): MemberEvent => ({
  kind: 'settled',
  throughId,
  faults: faults.map((offset) => ({ id: throughId, code: 'ACK_NOT_HELD', offsets: [offset] })),
});

const told = (response: ConsumeResponse | undefined) => response?.event?.value;

test('joins with the first message, tells what holds, and hands over its credits', async () => {
  const { send, joins, answerJoin, written, actions, stream } = setUp();
  send(startRequest({ group: 'resize', member: 'm', credits: 5 }));
  expect(joins).toMatchObject([{ group: 'resize', name: 'm' }]);
  expect(stream.isPaused).toBe(true);
  await answerJoin();
  expect(told(written[0])).toEqual({ memberId: 7n, ackDeadlineMs: 500, deliveriesMax: 3 });
  expect(actions).toEqual([{ kind: 'credit', count: 5 }]);
  expect(stream.isPaused).toBe(false);
});

test('hands over what the client asks, in its order', async () => {
  const call = setUp();
  await call.join();
  call.send(ackRequest(1, [3]));
  call.send(creditRequest(1));
  call.send(nackRequest(4, [4], { delayMs: 10, reason: 'r' }));
  expect(call.actions).toEqual([
    { kind: 'ack', id: 1, offsets: [3] },
    { kind: 'credit', count: 1 },
    { kind: 'nack', id: 4, offsets: [4], delayMs: 10, reason: 'r' },
  ]);
});

test('says that a delivery is out once all its messages are, and not before', async () => {
  const call = setUp();
  await call.join();
  const one = ConsumeResponse.encode({
    event: { $case: 'delivery', value: { readings: [], deliveryCount: 1 } },
  }).finish();
  const buffer = new Uint8Array([...one, ...one]).buffer;
  const ranges = [0, one.length, one.length, 2 * one.length];
  call.emit({ kind: 'delivery', buffer, ranges, readings: 7 });
  await new Promise(setImmediate);
  expect(call.written).toHaveLength(2);
  expect(told(call.written[1])).toMatchObject({ deliveryCount: 1 });
  expect(call.actions).toEqual([]);
  expect(call.delivered).toEqual([]);
  await call.drain();
  expect(call.actions).toEqual([{ kind: 'written' }]);
  expect(call.delivered).toEqual([7]);
});

test('is not read beyond its bound of unanswered readings, and goes on at half of it', async () => {
  const call = setUp();
  await call.join();
  // Each ask counts as one beside its readings.
  for (let id = 1; id <= 4; id++) call.send(ackRequest(id, [id]));
  expect(call.stream.isPaused).toBe(false);
  call.send(ackRequest(5, [5]));
  expect(call.stream.isPaused).toBe(true);
  call.emit(settled(2));
  await call.drain();
  expect(call.stream.isPaused).toBe(true);
  call.emit(settled(3));
  await call.drain();
  expect(call.stream.isPaused).toBe(false);
});

test('a client that does not read its answers is read no further, and owed one answer', async () => {
  const call = setUp();
  await call.join();
  for (let id = 1; id <= 4; id++) call.send(ackRequest(id, [id]));
  call.emit(settled(1, [1]));
  call.emit(settled(2, [2]), settled(3));
  call.emit(settled(4, [4]));
  expect(call.written).toHaveLength(1);
  call.send(ackRequest(5, [5]));
  expect(call.stream.isPaused).toBe(true);
  await call.drain();
  expect(call.written).toHaveLength(2);
  expect(told(call.written[1])).toMatchObject({
    throughId: 4n,
    faults: [{ offsets: [2n] }, { offsets: [4n] }],
  });
});

test('tells of gaps, joined while one is on its way', async () => {
  const call = setUp();
  await call.join();
  for (const first of [10, 20, 30]) {
    call.emit({ kind: 'gap', first, next: first + 5, reason: 'retention' });
  }
  await call.drain();
  expect(call.written.map(told)).toEqual([
    { firstOffset: 10n, nextOffset: 15n, reason: 'retention' },
    { firstOffset: 20n, nextOffset: 35n, reason: 'retention' },
  ]);
});

test('a goodbye ends well once everything asked is answered', async () => {
  const call = setUp();
  await call.join();
  call.send(ackRequest(1, [3]));
  call.stream.emit('end');
  expect(call.actions.at(-1)).toEqual({ kind: 'leave', isGoodbye: true });
  let isOver = false;
  void call.run.then(() => {
    isOver = true;
  });
  await call.drain();
  expect(isOver).toBe(false);
  call.emit(settled(1));
  await call.drain();
  expect(isOver).toBe(true);
  expect(call.isClosed()).toBe(true);
});

test.each(['cancelled', 'error', 'close'])('%s is a death', async (event) => {
  const call = setUp();
  await call.join();
  call.stream.emit(event);
  expect(call.actions).toEqual([{ kind: 'leave', isGoodbye: false }]);
  await expect(call.run).rejects.toThrow('The client is gone.');
  expect(call.isClosed()).toBe(true);
});

test('leaves the group that it joined when its client has gone meanwhile', async () => {
  const call = setUp();
  call.send(startRequest());
  call.stream.emit('cancelled');
  await call.answerJoin();
  expect(call.actions).toEqual([{ kind: 'leave', isGoodbye: true }]);
  expect(call.isClosed()).toBe(true);
});

test('a request that is wrong ends the call and the membership', async () => {
  const call = setUp();
  await call.join();
  call.send(ackRequest(2, [1]));
  call.send(ackRequest(2, [1]));
  await expect(call.run).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  expect(call.actions.at(-1)).toEqual({ kind: 'leave', isGoodbye: false });
  call.send(ackRequest(3, [1]));
  expect(call.actions).toHaveLength(2);
});

test.each([
  ['an ack', ackRequest(1, [1])],
  ['nothing', { action: undefined }],
])('refuses a call that begins with %s', async (_name, request) => {
  const call = setUp();
  call.send(request);
  await expect(call.run).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  expect(call.joins).toEqual([]);
});

test('refuses a call that ends before it began', async () => {
  const call = setUp();
  call.stream.emit('end');
  await expect(call.run).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});

test('ends with what the group refuses the member for', async () => {
  const call = setUp({ refusal: new MillpondError('STREAM_UNKNOWN', 'no stream') });
  call.send(startRequest());
  await call.answerJoin();
  await expect(call.run).rejects.toMatchObject({ code: 'STREAM_UNKNOWN' });
  expect(call.actions).toEqual([]);
});

test('ends with the error with which the group ends the member, who is out of it already', async () => {
  const call = setUp();
  await call.join();
  call.emit({ kind: 'ended', error: new MillpondError('LOG_STOPPING', 'over') });
  await expect(call.run).rejects.toMatchObject({ code: 'LOG_STOPPING' });
  expect(call.actions).toEqual([]);
});

test('a gateway that stops ends the call without a failure of what the member holds', async () => {
  const call = setUp();
  await call.join();
  call.controller.abort(new MillpondError('LOG_STOPPING', 'The gateway is stopping.'));
  await expect(call.run).rejects.toMatchObject({ code: 'LOG_STOPPING' });
  expect(call.actions).toEqual([{ kind: 'leave', isGoodbye: true }]);
});
