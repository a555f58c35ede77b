// What a full stream refused: kept in order, offered again, let go when it is stored or its
// connection goes. Time is vitest's.
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MillpondError } from '../../../../src/core/errors.ts';
import { type Blockable, HeldMessages } from '../../../../src/sources/mqtt/held-messages.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const full = new MillpondError('STREAM_FULL', 'no room');
const stopping = new MillpondError('LOG_STOPPING', 'over');

interface Message {
  readonly name: string;
  readonly connection: Blockable;
  readonly bytes: number;
}

function newConnection(): { isBlocked: boolean; hasEnded: boolean } {
  return { isBlocked: false, hasEnded: false };
}

function holding(bytesMax = 1000) {
  const offered: Message[] = [];
  const finished: string[] = [];
  const began: string[] = [];
  const held = new HeldMessages<Message>({
    bytesMax,
    offer: (message) => offered.push(message),
    finish: ({ name }, error) => finished.push(`${name} ${error?.code ?? 'stored'}`),
    began: ({ name }) => began.push(name),
  });
  const message = (connection: Blockable, name: string, bytes = 100) => ({
    name,
    connection,
    bytes,
  });
  const names = () => offered.splice(0).map(({ name }) => name);
  return { held, offered, names, finished, began, message };
}

test('what is stored behind a refused one waits for it, and they are let go in order', () => {
  const { held, names, finished, began, message } = holding();
  const connection = newConnection();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => message(connection, name)) as [
    Message,
    Message,
    Message,
  ];
  held.settled(a, full);
  expect(connection.isBlocked).toBe(true);
  expect(held.isHolding(connection)).toBe(true);
  held.settled(b, null);
  held.settled(c, full);
  expect([finished, began, held.bytes]).toEqual([[], ['a'], 300]);
  vi.advanceTimersByTime(100);
  // The first alone finds out whether there is room.
  expect(names()).toEqual(['a']);
  held.settled(a, null);
  expect(finished).toEqual(['a stored', 'b stored']);
  expect(names()).toEqual(['c']);
  expect(connection.isBlocked).toBe(true);
  held.settled(c, null);
  expect(finished).toEqual(['a stored', 'b stored', 'c stored']);
  expect([connection.isBlocked, held.bytes, held.isHolding(connection)]).toEqual([false, 0, false]);
});

test('it is offered again after ever longer, up to five seconds', () => {
  const { held, names, message } = holding();
  const connection = newConnection();
  const a = message(connection, 'a');
  held.settled(a, full);
  const waits: number[] = [];
  let waited = 0;
  while (waits.length < 9) {
    vi.advanceTimersByTime(50);
    waited += 50;
    if (names().length === 0) continue;
    waits.push(waited);
    waited = 0;
    held.settled(a, full);
  }
  expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
});

test('one that is still being decided is not offered a second time', () => {
  const { held, names, message } = holding();
  held.settled(message(newConnection(), 'a'), full);
  vi.advanceTimersByTime(60_000);
  expect(names()).toEqual(['a']);
});

test('connections wait each for itself', () => {
  const { held, names, finished, message } = holding();
  const [one, two] = [newConnection(), newConnection()];
  const [a, b] = [message(one, 'a'), message(two, 'b')];
  held.settled(a, full);
  held.settled(b, full);
  vi.advanceTimersByTime(100);
  expect(names()).toEqual(['a', 'b']);
  held.settled(b, null);
  expect([finished, one.isBlocked, two.isBlocked]).toEqual([['b stored'], true, false]);
});

test('a connection that goes leaves nothing behind, not what is being offered either', () => {
  const { held, finished, message } = holding();
  const connection = newConnection();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => message(connection, name)) as [
    Message,
    Message,
    Message,
  ];
  held.settled(a, full);
  held.settled(b, null);
  held.settled(c, full);
  vi.advanceTimersByTime(100);
  connection.hasEnded = true;
  held.forget(connection);
  expect([finished, held.bytes]).toEqual([['b stored', 'c STREAM_FULL'], 0]);
  held.settled(a, full);
  expect(finished.at(-1)).toBe('a STREAM_FULL');
  expect([connection.isBlocked, held.bytes]).toEqual([false, 0]);
});

test('one whose other side has closed is read on, without being held again', () => {
  const { held, finished, message } = holding();
  const connection = newConnection();
  held.settled(message(connection, 'a'), full);
  connection.hasEnded = true;
  vi.advanceTimersByTime(100);
  expect([finished, connection.isBlocked]).toEqual([['a STREAM_FULL'], false]);
  held.settled(message(connection, 'b'), full);
  expect([finished.at(-1), connection.isBlocked]).toEqual(['b STREAM_FULL', false]);
});

test('what there is no room to hold is refused for good', () => {
  const { held, finished, message } = holding(250);
  const connection = newConnection();
  for (const name of ['a', 'b', 'c']) held.settled(message(connection, name), full);
  expect([finished, held.bytes]).toEqual([['c STREAM_FULL'], 200]);
});

test('a failure of the log is the last word', () => {
  const { held, finished, message } = holding();
  const connection = newConnection();
  const [a, b] = [message(connection, 'a'), message(connection, 'b')];
  held.settled(a, full);
  held.settled(b, stopping);
  vi.advanceTimersByTime(100);
  held.settled(a, stopping);
  expect(finished).toEqual(['b LOG_STOPPING', 'a LOG_STOPPING']);
  expect(held.bytes).toBe(0);
});

test('after closing nothing is held or offered', () => {
  const { held, names, finished, message } = holding();
  const connection = newConnection();
  held.settled(message(connection, 'a'), full);
  held.close();
  held.settled(message(connection, 'b'), full);
  vi.advanceTimersByTime(60_000);
  expect([finished, names(), connection.isBlocked]).toEqual([
    ['a STREAM_FULL', 'b STREAM_FULL'],
    [],
    false,
  ]);
});

test('whatever comes, each message ends once, in order where it is stored, and nothing is left', () => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant('send' as const), isFull: fc.boolean(), of: fc.nat(2) }),
    fc.record({ kind: fc.constant('settle' as const), isFull: fc.boolean() }),
    fc.record({ kind: fc.constant('wait' as const) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const { held, offered, finished, message } = holding(2000);
      const connections = [newConnection(), newConnection(), newConnection()];
      let count = 0;
      for (const each of actions) {
        if (each.kind === 'wait') vi.advanceTimersByTime(5000);
        else if (each.kind === 'send') {
          const next = message(connections[each.of] as Blockable, `${each.of}/${++count}`);
          held.settled(next, each.isFull ? full : null);
        } else {
          const next = offered.shift();
          if (next !== undefined) held.settled(next, each.isFull ? full : null);
        }
      }
      for (let round = 0; round < 200 && held.bytes > 0; round++) {
        vi.advanceTimersByTime(5000);
        for (const next of offered.splice(0)) held.settled(next, null);
      }
      expect(held.bytes).toBe(0);
      expect(connections.every(({ isBlocked }) => !isBlocked)).toBe(true);
      expect(new Set(finished.map((text) => text.split(' ')[0])).size).toBe(count);
      expect(finished).toHaveLength(count);
      for (const index of connections.keys()) {
        const stored = finished.filter((text) => {
          return text.startsWith(`${index}/`) && text.endsWith(' stored');
        });
        const numbers = stored.map((text) => Number.parseInt(text.slice(2), 10));
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      }
    }),
  );
});
