// Which consumers are connected, and since when one waits for its client.
import { expect, test } from 'vitest';
import { ConsumerConnections } from '../../../../src/delivery/grpc/consumer-connections.ts';

/** Subscriptions that end when the test says so, a clock that it sets, writes that it lets through. */
function subject(leftMax = 10) {
  const time = { us: 100 };
  const connections = new ConsumerConnections({ clock: () => time.us, leftMax });
  const taken: (() => void)[] = [];
  const sink = { write: () => new Promise<void>((resolve) => taken.push(resolve)) };
  function subscribe(consumer: string, stream = '') {
    let end = (): void => {};
    let write = (): Promise<void> => Promise.resolve();
    const ended = connections.during({ stream, consumer }, sink, async (watched) => {
      write = () => watched.write([]);
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    const finish = (): Promise<void> => {
      end();
      return ended;
    };
    return { write: () => write(), end: finish };
  }
  return { time, connections, taken, subscribe };
}

test('counts the subscriptions that name a consumer, from the first to the last', async () => {
  const { time, connections, subscribe } = subject();
  expect(connections.of('readings', 'a')).toEqual({
    subscriptions: 0,
    connectedAtUs: null,
    waitingSinceUs: null,
    leftAtUs: 100,
  });
  time.us = 200;
  const first = subscribe('a');
  time.us = 300;
  const second = subscribe('a', 'readings');
  subscribe('');
  expect(connections.count).toBe(1);
  expect(connections.of('readings', 'a')).toMatchObject({
    subscriptions: 2,
    connectedAtUs: 200,
    leftAtUs: null,
  });
  expect(connections.of('power', 'a').subscriptions).toBe(0);
  await first.end();
  expect(connections.of('readings', 'a')).toMatchObject({ subscriptions: 1, connectedAtUs: 300 });
  time.us = 400;
  await second.end();
  expect(connections.of('readings', 'a')).toMatchObject({ subscriptions: 0, leftAtUs: 400 });
  expect(connections.count).toBe(0);
});

test('waits since the client took something last, or since the write it has not taken', async () => {
  const { time, connections, taken, subscribe } = subject();
  const { write, end } = subscribe('a');
  time.us = 200;
  const writes = [write(), write()];
  time.us = 300;
  expect(connections.of('readings', 'a').waitingSinceUs).toBe(200);
  expect(connections.waitingCount).toBe(1);
  taken[0]?.();
  await writes[0];
  expect(connections.of('readings', 'a').waitingSinceUs).toBe(300);
  taken[1]?.();
  await writes[1];
  expect(connections.of('readings', 'a').waitingSinceUs).toBeNull();
  expect(connections.waitingCount).toBe(0);
  time.us = 400;
  void write();
  expect(connections.of('readings', 'a').waitingSinceUs).toBe(400);
  await end();
  expect(connections.waitingCount).toBe(0);
});

test('a subscription that fails counts no longer', async () => {
  const { connections } = subject();
  const failing = connections.during({ stream: '', consumer: 'a' }, { write: async () => {} }, () =>
    Promise.reject(new Error('the log is away')),
  );
  await expect(failing).rejects.toThrow('the log is away');
  expect(connections.of('readings', 'a').subscriptions).toBe(0);
});

test('remembers so many that left, and of the others the start of the gateway', async () => {
  const { time, connections, subscribe } = subject(2);
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    time.us = 200 + index;
    await subscribe(name).end();
  }
  const left = ['a', 'b', 'c'].map((name) => connections.of('readings', name).leftAtUs);
  expect(left).toEqual([100, 201, 202]);
});
