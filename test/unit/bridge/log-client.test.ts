// The I/O thread's end of the bridge over a fake port: what it sends, when it settles, what is left
// when the other end is gone.
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { LogClient } from '../../../src/bridge/log-client.ts';
import type { FromLog, ToLog } from '../../../src/bridge/messages.ts';
import { readRawBatch } from '../../../src/bridge/raw-batch.ts';
import type { FetchRequest } from '../../../src/core/contracts.ts';
import { MillpondError } from '../../../src/core/errors.ts';
import type { RawMessage } from '../../../src/core/raw-message.ts';

class FakePort {
  readonly sent: ToLog[] = [];
  #listener: (message: FromLog) => void = () => {};
  #onUnreadable: (error: Error) => void = () => {};

  postMessage(message: ToLog, transfer: readonly ArrayBuffer[]): void {
    this.sent.push(structuredClone(message, { transfer: [...transfer] }));
  }

  on(event: 'message' | 'messageerror', listener: (value: never) => void): void {
    if (event === 'message') this.#listener = listener as (message: FromLog) => void;
    else this.#onUnreadable = listener as (error: Error) => void;
  }

  receiveUnreadable(error: Error): void {
    this.#onUnreadable(error);
  }

  receive(message: FromLog): void {
    this.#listener(message);
  }

  get appends() {
    return this.sent.filter((message) => message.kind === 'append');
  }

  get calls() {
    return this.sent.filter((message) => message.kind === 'call');
  }
}

let port = new FakePort();
const told: unknown[] = [];
const answers: unknown[] = [];
let client = make(1024 * 1024);

function make(queueBytesMax: number): LogClient {
  port = new FakePort();
  return new LogClient(port, queueBytesMax, {
    waiting: (error, disk) => told.push([error.code, disk]),
    health: (problem, disk) => told.push([problem, disk]),
    notice: (error) => told.push(error),
    command: (topic, payload) => told.push([topic, ...payload]),
    answered: (counts, ms, error) => answers.push([counts, ms >= 0, error?.code ?? null]),
  });
}

beforeEach(() => {
  told.length = 0;
  answers.length = 0;
  client = make(1024 * 1024);
});

function messageOf(topic: string, bytes = 1): RawMessage {
  return {
    source: 'mqtt',
    topic,
    payload: new Uint8Array(bytes),
    receivedAtUs: 1,
    isRetained: false,
    isRedelivered: false,
  };
}

/** The turn of the event loop in which batches are sent. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const fetchRequest: FetchRequest = {
  stream: '',
  from: 0,
  until: null,
  filter: null,
  format: 'rows' as const,
  batchReadingsMax: 1,
  bytesMax: 1,
  waitMs: 1,
};
const stopping = new MillpondError('LOG_STOPPING', 'over');

describe('accepted messages', () => {
  test('of one turn cross in one batch', async () => {
    for (const topic of ['a', 'b', 'c']) client.accept(messageOf(topic), () => {});
    expect(port.appends).toHaveLength(0);
    await turn();
    client.accept(messageOf('d'), () => {});
    await turn();
    const topics = port.appends.map(({ batch }) => {
      const found: string[] = [];
      readRawBatch(batch, ({ topic }) => found.push(topic));
      return found;
    });
    expect(topics).toEqual([['a', 'b', 'c'], ['d']]);
  });

  test('of a busy turn go ahead in batches, and the last one starts the commit', async () => {
    const outcomes: string[] = [];
    for (let index = 0; index < 10; index++) {
      client.accept(messageOf('a', 4096), (error) => outcomes.push(error?.code ?? 'ok'));
    }
    const early = port.appends;
    expect(early.length).toBeGreaterThan(1);
    expect(early.every(({ isMoreComing }) => isMoreComing)).toBe(true);
    await turn();
    const [last, ...before] = [...port.appends].reverse();
    expect(last?.isMoreComing).toBe(false);
    expect(before).toHaveLength(early.length);
    port.receive({ kind: 'settled', sequence: last?.sequence ?? 0, error: null });
    expect(outcomes).toEqual(new Array(10).fill('ok'));
    expect(client.queueBytes).toBe(0);
  });

  test('are counted by way in, each batch when it is answered', async () => {
    for (const source of ['mqtt', 'serial:scale', 'mqtt', 'grpc']) {
      client.accept({ ...messageOf('a'), source }, () => {});
    }
    await turn();
    client.accept({ ...messageOf('a'), source: 'serial:meter' }, () => {});
    expect(client.accepted).toEqual({ mqtt: 2, grpc: 1, serial: 2 });
    await turn();
    expect(answers).toEqual([]);
    port.receive({ kind: 'settled', sequence: 1, error: null });
    port.receive({
      kind: 'settled',
      sequence: 2,
      error: { code: 'LOG_WRITE_FAILED', message: '' },
    });
    expect(answers).toEqual([
      [{ mqtt: 2, grpc: 1, serial: 1 }, true, null],
      [{ mqtt: 0, grpc: 0, serial: 1 }, true, 'LOG_WRITE_FAILED'],
    ]);
  });

  test('are settled when their batch is, in order, and not before', async () => {
    const order: string[] = [];
    for (const topic of ['a', 'b', 'c', 'd']) {
      client.accept(messageOf(topic), (error) => order.push(`${topic} ${error?.code ?? 'ok'}`));
      if (topic !== 'a') await turn();
    }
    const [first, , third] = port.appends;
    expect(order).toEqual([]);
    port.receive({ kind: 'settled', sequence: first?.sequence ?? 0, error: null });
    expect(order).toEqual(['a ok', 'b ok']);
    // One message may settle several batches.
    port.receive({ kind: 'settled', sequence: third?.sequence ?? 0, error: null });
    expect(order).toEqual(['a ok', 'b ok', 'c ok', 'd ok']);
    expect(client.queueBytes).toBe(0);
  });

  test('of a batch that is durable in part are settled one by one, in order', async () => {
    const order: string[] = [];
    for (const topic of ['a', 'b', 'c', 'd']) {
      client.accept(messageOf(topic), (error) => order.push(`${topic} ${error?.code ?? 'ok'}`));
      if (topic === 'a') await turn();
    }
    await turn();
    const error = { code: 'STREAM_FULL' as const, message: 'full' };
    port.receive({ kind: 'partly', sequence: 2, faults: [{ error, places: [0, 2] }] });
    // The batch before it is durable as a whole.
    expect(order).toEqual(['a ok', 'b STREAM_FULL', 'c ok', 'd STREAM_FULL']);
    expect(client.queueBytes).toBe(0);
  });

  test('that will never be durable are settled with the error', async () => {
    const codes: (string | undefined)[] = [];
    client.accept(messageOf('a'), (error) => codes.push(error?.code));
    await turn();
    const error = { code: 'LOG_WRITE_FAILED' as const, message: 'full' };
    port.receive({ kind: 'settled', sequence: 1, error });
    expect(codes).toEqual(['LOG_WRITE_FAILED']);
  });
});

describe('a message', () => {
  test('whose source fails at its settlement does not leave the others unsettled', async () => {
    const order: string[] = [];
    for (const topic of ['a', 'faulty', 'b']) {
      client.accept(messageOf(topic), () => {
        if (topic === 'faulty') throw new TypeError('a fault of the source');
        order.push(topic);
      });
    }
    await turn();
    client.accept(messageOf('c'), () => order.push('c'));
    await turn();
    port.receive({ kind: 'settled', sequence: 2, error: null });
    expect(order).toEqual(['a', 'b', 'c']);
    expect(told).toMatchObject([{ code: 'INTERNAL', message: 'a fault of the source' }]);
  });

  test('that cannot be sent is settled with the error, and the others go', async () => {
    const outcomes: string[] = [];
    for (const topic of ['a', 'x'.repeat(65_536), 'b']) {
      client.accept(messageOf(topic), (error) => outcomes.push(error?.code ?? 'ok'));
    }
    expect(outcomes).toEqual(['INTERNAL']);
    await turn();
    port.receive({ kind: 'settled', sequence: port.appends.at(-1)?.sequence ?? 0, error: null });
    expect(outcomes).toEqual(['INTERNAL', 'ok', 'ok']);
    expect(client.queueBytes).toBe(0);
  });
});

test('what comes and cannot be read ends the process, for its answer would never come', () => {
  expect(() => port.receiveUnreadable(new Error('no memory'))).toThrow('no memory');
});

describe('the queue', () => {
  test('is full while more than its bytes are not settled, then calls whoever waits, once', async () => {
    client = make(1000);
    const resumed: string[] = [];
    client.onceDrained(() => resumed.push('not full'));
    expect(resumed).toEqual(['not full']);
    client.accept(messageOf('a', 600), () => {});
    await turn();
    expect(client.isFull).toBe(false);
    client.accept(messageOf('b', 600), () => {});
    expect(client.isFull).toBe(true);
    client.onceDrained(() => resumed.push('first'));
    await turn();
    client.onceDrained(() => resumed.push('second'));
    expect(client.queueBytes).toBeGreaterThan(1200);
    expect(resumed).toEqual(['not full']);
    port.receive({ kind: 'settled', sequence: 1, error: null });
    expect(client.isFull).toBe(false);
    expect(resumed).toEqual(['not full', 'first', 'second']);
    port.receive({ kind: 'settled', sequence: 2, error: null });
    expect(resumed).toHaveLength(3);
    expect(client.queueBytes).toBe(0);
  });
});

describe('calls', () => {
  test('get their own answers, in whichever order those come', async () => {
    const start = client.resolveStart({ stream: '', consumer: '', start: { kind: 'latest' } });
    const commit = client.commit('s', 'c', 5);
    const [first, second] = port.calls;
    expect(first).toMatchObject({ name: 'resolveStart', ask: { start: { kind: 'latest' } } });
    expect(second).toMatchObject({
      name: 'commit',
      ask: { stream: 's', consumer: 'c', nextOffset: 5 },
    });
    port.receive({ kind: 'answer', id: second?.id ?? 0, value: { nextOffset: 6 } });
    port.receive({ kind: 'answer', id: first?.id ?? 0, value: { from: 1, highWatermark: 2 } });
    expect(await commit).toBe(6);
    expect(await start).toEqual({ from: 1, highWatermark: 2 });
  });

  test('fail with the error that crossed, as a MillpondError', async () => {
    const commit = client.commit('s', 'c', 5);
    const error = { code: 'COMMIT_BEHIND' as const, message: 'behind' };
    port.receive({ kind: 'error', id: port.calls[0]?.id ?? 0, error });
    await expect(commit).rejects.toBeInstanceOf(MillpondError);
    await expect(commit).rejects.toMatchObject(error);
  });

  test('for status and metrics fail when no answer comes', async () => {
    vi.useFakeTimers();
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const calls = [client.status(), client.metrics()];
    const outcomes = Promise.allSettled(calls);
    await vi.advanceTimersByTimeAsync(4000);
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'LOG_NOT_ANSWERING' } });
    }
    // The answer that comes late is nobody's.
    port.receive({ kind: 'answer', id: port.calls[0]?.id ?? 0, value: null });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a fetch gives the messages as ranges of the buffer', async () => {
    const fetching = client.fetch(fetchRequest, new AbortController().signal);
    const { buffer } = Uint8Array.of(0, 1, 2, 3, 4, 5);
    const value = {
      buffer,
      ranges: [1, 3, 3, 6],
      gap: null,
      readings: 2,
      next: 9,
      highWatermark: 10,
    };
    port.receive({ kind: 'answer', id: port.calls[0]?.id ?? 0, value });
    const result = await fetching;
    expect(result.messages.map((each) => [...each])).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
    expect(result).toMatchObject({ gap: null, readings: 2, next: 9, highWatermark: 10 });
  });

  test('an aborted fetch is cancelled at the other end, once, and only while it is under way', async () => {
    const controller = new AbortController();
    const value = {
      buffer: new ArrayBuffer(0),
      ranges: [],
      gap: null,
      readings: 0,
      next: 0,
      highWatermark: 0,
    };
    const done = client.fetch(fetchRequest, controller.signal);
    port.receive({ kind: 'answer', id: port.calls[0]?.id ?? 0, value });
    await done;
    const fetching = client.fetch(fetchRequest, controller.signal);
    controller.abort();
    const cancels = () => port.sent.filter(({ kind }) => kind === 'cancel');
    const id = port.calls[1]?.id ?? 0;
    expect(cancels()).toEqual([{ kind: 'cancel', id }]);
    port.receive({ kind: 'answer', id, value });
    expect(await fetching).toMatchObject({ next: 0 });
    // Aborted before it began: asked and cancelled, so that it still gets its answer.
    const late = client.fetch(fetchRequest, controller.signal);
    expect(cancels()).toHaveLength(2);
    port.receive({ kind: 'answer', id: port.calls[2]?.id ?? 0, value });
    await late;
  });

  test('close comes after everything that was accepted', async () => {
    client.accept(messageOf('a'), () => {});
    const closed = client.close();
    expect(port.sent.map(({ kind }) => kind)).toEqual(['append', 'call']);
    port.receive({ kind: 'answer', id: port.calls[0]?.id ?? 0, value: null });
    await closed;
    await turn();
    expect(port.appends).toHaveLength(1);
  });
});

test('tells of health and notices', () => {
  port.receive({
    kind: 'waiting',
    error: { code: 'DATA_DIR_UNUSABLE', message: 'x' },
    disk: 'read_only',
  });
  port.receive({ kind: 'health', problem: 'no space', disk: 'full' });
  port.receive({ kind: 'health', problem: null, disk: 'ok' });
  port.receive({ kind: 'notice', error: { code: 'PROFILE_INVALID', message: 'x' } });
  expect(told).toMatchObject([
    ['DATA_DIR_UNUSABLE', 'read_only'],
    ['no space', 'full'],
    [null, 'ok'],
    { code: 'PROFILE_INVALID', message: 'x' },
  ]);
});

test('while the log is not open, calls are rejected with the reason, but for the last one', async () => {
  const reason = new MillpondError('LOG_OPENING', 'it is being opened');
  client.setUnopened(reason);
  await expect(client.status()).rejects.toBe(reason);
  await expect(client.commit('', 'c', 0)).rejects.toBe(reason);
  expect(port.sent).toEqual([]);
  const closed = client.close();
  port.receive({ kind: 'answer', id: port.calls[0]?.id ?? 0, value: null });
  await closed;
  client.setUnopened(null);
  void client.metrics().catch(() => undefined);
  expect(port.calls.map(({ name }) => name)).toEqual(['close', 'metrics']);
});

describe('when the log thread is gone', () => {
  test('everything that waits is settled with the error, in order', async () => {
    const order: string[] = [];
    client.accept(messageOf('sent'), (error) => order.push(`sent ${error?.code}`));
    await turn();
    client.accept(messageOf('filling'), (error) => order.push(`filling ${error?.code}`));
    const commit = client.commit('', 'c', 0);
    client.fail(stopping);
    expect(order).toEqual(['sent LOG_STOPPING', 'filling LOG_STOPPING']);
    await expect(commit).rejects.toBe(stopping);
  });

  test('nothing is taken or sent any more', async () => {
    client.accept(messageOf('a'), () => {});
    client.fail(stopping);
    const sent = port.sent.length;
    const errors: unknown[] = [];
    client.accept(messageOf('b'), (error) => errors.push(error));
    expect(errors).toEqual([stopping]);
    await expect(client.status()).rejects.toBe(stopping);
    await expect(client.fetch(fetchRequest, new AbortController().signal)).rejects.toBe(stopping);
    await turn();
    expect(port.sent).toHaveLength(sent);
  });

  test('the queue is empty, and whoever waits for room goes on and finds out', async () => {
    client = make(100);
    const resumed: string[] = [];
    client.accept(messageOf('a', 200), () => {});
    await turn();
    client.accept(messageOf('b', 200), () => {});
    client.onceDrained(() => resumed.push('resumed'));
    expect(resumed).toEqual([]);
    client.fail(stopping);
    expect(client.queueBytes).toBe(0);
    expect(client.isFull).toBe(false);
    expect(resumed).toEqual(['resumed']);
  });
});
