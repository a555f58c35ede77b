// The log thread's end of the bridge, with the real client at the other end of a real channel.
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LogClient, type Port } from '../../../src/bridge/log-client.ts';
import { type LogHandlers, type ServerPort, serveLog } from '../../../src/bridge/log-server.ts';
import type { FromLog } from '../../../src/bridge/messages.ts';
import type { FetchRequest } from '../../../src/core/contracts.ts';
import { MillpondError } from '../../../src/core/errors.ts';
import type { RawMessage } from '../../../src/core/raw-message.ts';

type Settle = (error: MillpondError | null) => void;

function connect(
  calls: Partial<LogHandlers['call']> = {},
  accept: (topic: string) => void = () => {},
) {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  const accepted: string[] = [];
  const commits = { settlesBefore: [] as number[] };
  const settles: Settle[] = [];
  const posted: FromLog[] = [];
  const waiting: (() => void)[] = [];
  const serverPort: ServerPort = {
    postMessage(message, transfer) {
      posted.push(message);
      port2.postMessage(message, [...transfer]);
    },
    on: (event: string, listener: (value: never) => void) =>
      port2.on(event, listener as (value: unknown) => void),
    off: (event: string, listener: (value: never) => void) =>
      port2.off(event, listener as (value: unknown) => void),
  };
  const missing = () => Promise.reject(new Error('not in this test'));
  serveLog(serverPort, {
    accept({ topic }) {
      accept(topic);
      accepted.push(topic);
    },
    settleAccepted(settle) {
      settles.push(settle);
      for (const wake of waiting.splice(0)) wake();
    },
    startCommit: () => {
      commits.settlesBefore.push(settles.length);
    },
    act: () => {},
    call: {
      resolveStart: missing,
      joinGroup: missing,
      listGroups: missing,
      listGroupMembers: missing,
      listGroupDeadLetters: missing,
      redeliverGroupDeadLetters: missing,
      purgeGroupDeadLetters: missing,
      fetch: missing,
      commit: missing,
      seekConsumer: missing,
      resetConsumer: missing,
      deleteConsumer: missing,
      status: missing,
      reloadProfiles: missing,
      listDeadLetters: missing,
      readDeadLetter: missing,
      reprocessDeadLetters: missing,
      purgeDeadLetters: missing,
      metrics: missing,
      listLosses: missing,
      listSegments: missing,
      listDevices: missing,
      readDevice: missing,
      beginBackup: missing,
      readBackup: missing,
      endBackup: missing,
      beginQuery: missing,
      readQueryRows: missing,
      readSeries: missing,
      endQuery: missing,
      close: missing,
      ...calls,
    },
  });
  const client = new LogClient(port1 as unknown as Port, 1024, {
    waiting: () => {},
    health: () => {},
    notice: () => {},
    command: () => {},
    answered: () => {},
  });
  return {
    client,
    accepted,
    commits,
    posted,
    async settleNext(count: number): Promise<Settle[]> {
      while (settles.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
      return settles.splice(0, count);
    },
  };
}

function messageOf(topic: string): RawMessage {
  return {
    source: 'mqtt',
    topic,
    payload: Uint8Array.of(1),
    receivedAtUs: 1,
    isRetained: false,
    isRedelivered: false,
  };
}

function send(client: LogClient, topic: string): Promise<string> {
  return new Promise((resolve) => {
    client.accept(messageOf(topic), (error) => resolve(`${topic} ${error?.code ?? 'ok'}`));
  });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('batches', () => {
  test('settled in one turn are told in one message', async () => {
    const { client, accepted, posted, settleNext } = connect();
    const outcomes: Promise<string>[] = [];
    for (const topic of ['a', 'b', 'c']) {
      outcomes.push(send(client, topic));
      await turn();
    }
    for (const settle of await settleNext(3)) settle(null);
    expect(await Promise.all(outcomes)).toEqual(['a ok', 'b ok', 'c ok']);
    expect(accepted).toEqual(['a', 'b', 'c']);
    expect(posted).toEqual([{ kind: 'settled', sequence: 3, error: null }]);
  });

  test('of one turn are committed together', async () => {
    const { client, commits, settleNext } = connect();
    const outcomes = Array.from({ length: 2000 }, (_, index) => send(client, `topic${index}`));
    await turn();
    while (commits.settlesBefore.length === 0) await turn();
    // Every batch waited for the one commit.
    const batches = commits.settlesBefore[0] ?? 0;
    expect(batches).toBeGreaterThan(1);
    for (const settle of await settleNext(batches)) settle(null);
    expect(new Set(await Promise.all(outcomes)).size).toBe(2000);
    expect(commits.settlesBefore).toHaveLength(1);
  });

  test('settled before one that failed are not taken for failed', async () => {
    const { client, settleNext } = connect();
    const outcomes: Promise<string>[] = [];
    for (const topic of ['a', 'b', 'c']) {
      outcomes.push(send(client, topic));
      await turn();
    }
    const [a, b, c] = await settleNext(3);
    a?.(null);
    b?.(new MillpondError('LOG_WRITE_FAILED', 'full'));
    c?.(null);
    expect(await Promise.all(outcomes)).toEqual(['a ok', 'b LOG_WRITE_FAILED', 'c ok']);
  });
});

describe('a message that cannot be handled', () => {
  const fault = (topic: string): void => {
    if (topic.startsWith('poison')) throw new TypeError(topic);
  };

  test('does not keep the others of its batch from being handled, nor the next batch', async () => {
    const { client, accepted, commits, settleNext } = connect({}, fault);
    const outcomes = ['a', 'poison', 'b', 'poison too', 'c'].map((topic) => send(client, topic));
    const [settle] = await settleNext(1);
    expect(accepted).toEqual(['a', 'b', 'c']);
    expect(commits.settlesBefore).toEqual([1]);
    settle?.(null);
    expect(await Promise.all(outcomes)).toEqual([
      'a ok',
      'poison INTERNAL',
      'b ok',
      'poison too INTERNAL',
      'c ok',
    ]);
    const next = send(client, 'd');
    const [settleD] = await settleNext(1);
    settleD?.(null);
    expect(await next).toBe('d ok');
  });

  test('is told by its place, and what is refused for one reason in one entry', async () => {
    const { client, posted, settleNext } = connect({}, (topic) => {
      if (topic.startsWith('full')) throw new MillpondError('STREAM_FULL', 'no room');
      fault(topic);
    });
    const before = send(client, 'before');
    await turn();
    const topics = ['full 1', 'a', 'poison', 'full 2', 'b'];
    const outcomes = topics.map((topic) => send(client, topic));
    for (const settle of await settleNext(2)) settle(null);
    expect(await before).toBe('before ok');
    expect(await Promise.all(outcomes)).toEqual([
      'full 1 STREAM_FULL',
      'a ok',
      'poison INTERNAL',
      'full 2 STREAM_FULL',
      'b ok',
    ]);
    expect(posted).toEqual([
      { kind: 'settled', sequence: 1, error: null },
      {
        kind: 'partly',
        sequence: 2,
        faults: [
          { error: { code: 'STREAM_FULL', message: 'no room' }, places: [0, 3] },
          { error: { code: 'INTERNAL', message: 'poison' }, places: [2] },
        ],
      },
    ]);
    // What was refused was told, and its source still has it.
    expect(client.notStored).toBe(1);
  });

  test('does not hide that the log could not be written', async () => {
    const { client, settleNext } = connect({}, fault);
    const outcome = send(client, 'poison');
    const [settle] = await settleNext(1);
    settle?.(new MillpondError('LOG_STOPPING', 'closed'));
    expect(await outcome).toBe('poison LOG_STOPPING');
  });
});

describe('calls', () => {
  const fetchRequest: FetchRequest = {
    stream: '',
    from: 0,
    until: null,
    filter: null,
    format: 'rows' as const,
    batchReadingsMax: 1,
    bytesMax: 1,
    waitMs: 0,
  };

  test('are answered, with their buffer handed over', async () => {
    const buffer = Uint8Array.of(1, 2, 3).buffer;
    const { client } = connect({
      fetch: async () => ({
        buffer,
        ranges: [0, 3],
        gap: null,
        readings: 1,
        next: 1,
        highWatermark: 1,
      }),
    });
    const { messages } = await client.fetch(fetchRequest, new AbortController().signal);
    expect(messages.map((each) => [...each])).toEqual([[1, 2, 3]]);
    expect(buffer.byteLength).toBe(0);
  });

  test('that fail keep their code; what is no MillpondError is INTERNAL', async () => {
    const { client } = connect({
      commit: () => Promise.reject(new MillpondError('COMMIT_BEHIND', 'behind')),
      status: () => Promise.reject(new TypeError('a fault')),
    });
    await expect(client.commit('', 'c', 1)).rejects.toMatchObject({ code: 'COMMIT_BEHIND' });
    await expect(client.status()).rejects.toMatchObject({ code: 'INTERNAL', message: 'a fault' });
  });

  test('whose answer cannot be sent fail', async () => {
    const { client } = connect({
      metrics: () => Promise.resolve((() => 'no text') as unknown as string),
      resolveStart: () => {
        throw new RangeError('not even a promise');
      },
    });
    await expect(client.metrics()).rejects.toMatchObject({ code: 'INTERNAL' });
    const start = { stream: '', consumer: '', start: { kind: 'earliest' } } as const;
    await expect(client.resolveStart(start)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  test('that cannot be sent fail', async () => {
    const { client } = connect();
    const start = { stream: '', consumer: '', start: { kind: 'earliest' }, why() {} } as const;
    await expect(client.resolveStart(start)).rejects.toThrow(/could not be cloned/);
  });

  test('that are cancelled see their signal abort, and others do not', async () => {
    const signals: AbortSignal[] = [];
    const { client } = connect({
      fetch: (_ask, signal) =>
        new Promise((resolve) => {
          signals.push(signal);
          const value = {
            buffer: new ArrayBuffer(0),
            ranges: [],
            gap: null,
            readings: 0,
            next: 7,
            highWatermark: 7,
          };
          signal.addEventListener('abort', () => resolve(value));
        }),
    });
    const controllers = [new AbortController(), new AbortController()];
    const [first, second] = controllers.map((each) => client.fetch(fetchRequest, each.signal));
    controllers[1]?.abort();
    expect(await second).toMatchObject({ next: 7 });
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
    controllers[0]?.abort();
    expect(await first).toMatchObject({ next: 7 });
  });
});
