// A Publish call reads no faster than its messages become durable, and answers once.
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import type { Intake, Settled } from '../../../../src/core/contracts.ts';
import { MillpondError } from '../../../../src/core/errors.ts';
import { ProducerCalls } from '../../../../src/delivery/grpc/producer-calls.ts';
import {
  PublishCall,
  type PublishStream,
  UNSETTLED_MAX,
} from '../../../../src/delivery/grpc/publish-call.ts';
import { rawRequest } from '../../../support/publish.ts';

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

function setUp(producers = new ProducerCalls()) {
  const waiting: Settled[] = [];
  const drained: (() => void)[] = [];
  const intake = {
    isFull: false,
    accept: (_message: unknown, settled: Settled) => void waiting.push(settled),
    onceDrained: (resume: () => void) => void drained.push(resume),
  };
  const stream = new Stream();
  const controller = new AbortController();
  const call = new PublishCall(stream as unknown as PublishStream, {
    intake: intake as Intake,
    clock: () => 1,
    number: 1,
    producers,
    signal: controller.signal,
  });
  const send = (topic = 'a', key = {}): unknown => stream.emit('data', rawRequest(topic, '1', key));
  const settle = (count: number, error: MillpondError | null = null): void => {
    for (const settled of waiting.splice(0, count)) settled(error);
  };
  return { waiting, drained, intake, stream, controller, send, settle, answer: call.run() };
}

const full = new MillpondError('STREAM_FULL', 'full');

test('answers when the stream has ended and all of it is durable', async () => {
  const { stream, send, settle, answer } = setUp();
  let isAnswered = false;
  void answer.then(() => {
    isAnswered = true;
  });
  for (let each = 0; each < 3; each++) send();
  settle(2);
  stream.emit('end');
  await Promise.resolve();
  expect(isAnswered).toBe(false);
  settle(1);
  expect(await answer).toBe(3);
});

test('stops reading at its share of unsettled messages, and goes on at half of it', () => {
  const { stream, send, settle } = setUp();
  for (let each = 1; each < UNSETTLED_MAX; each++) send();
  expect(stream.isPaused).toBe(false);
  send();
  expect(stream.isPaused).toBe(true);
  settle(UNSETTLED_MAX / 2 - 1);
  expect(stream.isPaused).toBe(true);
  settle(1);
  expect(stream.isPaused).toBe(false);
});

test('stops reading while the intake is full', () => {
  const { intake, drained, stream, send, settle } = setUp();
  intake.isFull = true;
  send();
  expect(stream.isPaused).toBe(true);
  settle(1);
  expect(drained).toHaveLength(1);
  intake.isFull = false;
  drained[0]?.();
  expect(stream.isPaused).toBe(false);
});

test('a message that cannot be stored ends it at once, the rest counts no more', async () => {
  const { stream, waiting, send, settle, answer } = setUp();
  send();
  send();
  settle(1);
  settle(1, full);
  await expect(answer).rejects.toMatchObject({
    code: 'STREAM_FULL',
    message: 'Message 2 of the call: full',
  });
  expect(stream.isPaused).toBe(true);
  send();
  expect(waiting).toEqual([]);
});

test('a request that is wrong ends it, and is not taken', async () => {
  const { waiting, send, answer } = setUp();
  send();
  send('a/#');
  await expect(answer).rejects.toMatchObject({
    code: 'REQUEST_INVALID',
    message: expect.stringContaining('Message 2 of the call: raw.topic') as string,
  });
  expect(waiting).toHaveLength(1);
});

test('a stop ends the reading, but not a call that only waits for its answer', async () => {
  const reason = new MillpondError('LOG_STOPPING', 'stopping');
  const reading = setUp();
  reading.send();
  reading.controller.abort(reason);
  await expect(reading.answer).rejects.toMatchObject({ code: 'LOG_STOPPING' });
  const ended = setUp();
  ended.send();
  ended.stream.emit('end');
  ended.controller.abort(reason);
  ended.settle(1);
  expect(await ended.answer).toBe(1);
});

test('a client that goes leaves nothing behind', async () => {
  const { stream, send, settle, answer } = setUp();
  send();
  stream.emit('cancelled');
  await expect(answer).rejects.toThrow('gone');
  settle(1);
});

test('a newer call of a producer ends the older one, unless that only waits for its answer', async () => {
  const producers = new ProducerCalls();
  const key = { producer: 'plc', sequence: 1 };
  const [older, ended, other] = [setUp(producers), setUp(producers), setUp(producers)];
  other.send('a', { ...key, producer: 'other' });
  older.send('a', key);
  ended.send('a', key);
  await expect(older.answer).rejects.toMatchObject({
    code: 'PRODUCER_REPLACED',
    message: expect.stringContaining('plc') as string,
  });
  ended.stream.emit('end');
  const newest = setUp(producers);
  newest.send('a', { ...key, sequence: 2 });
  for (const { settle } of [ended, other, newest]) settle(1);
  expect(await ended.answer).toBe(1);
  for (const { stream, answer } of [other, newest]) {
    stream.emit('end');
    expect(await answer).toBe(1);
  }
});

test('calls of producers that came first are not watched where there are too many', () => {
  const producers = new ProducerCalls(2);
  const replaced: string[] = [];
  const callOf = (name: string) => ({
    replaced: (producer: string) => replaced.push(`${name} ${producer}`),
  });
  const [first, second] = [callOf('first'), callOf('second')];
  for (const producer of ['a', 'b', 'c', 'b']) producers.take(producer, first);
  for (const producer of ['b', 'a']) producers.take(producer, second);
  producers.release(second);
  producers.take('b', first);
  expect(replaced).toEqual(['first b']);
});
