// The rules that a committed position must meet.
import { describe, expect, test } from 'vitest';
import { ConsumerPositions, checkConsumerName } from '../../../src/log/consumer-positions.ts';

function position(consumer: string, nextOffset: number, stream = 'readings') {
  return { stream, consumer, nextOffset, committedAtUs: 1 };
}

describe('a name', () => {
  test.each(['a', 'a.b-c_d:e', 'A1', 'x'.repeat(128)])('%s is one', (name) => {
    expect(() => checkConsumerName(name)).not.toThrow();
  });

  test.each(['', ' ', 'a b', 'a/b', 'é', 'a\n', '😀', 'x'.repeat(129)])('%j is none', (name) => {
    expect(() => checkConsumerName(name)).toThrow(
      expect.objectContaining({ code: 'CONSUMER_NAME_INVALID' }),
    );
  });
});

describe('a commit', () => {
  test('may go up to the end of the stream and no further', () => {
    const positions = new ConsumerPositions(10);
    expect(() => positions.check(position('a', 0), 0)).not.toThrow();
    expect(() => positions.check(position('a', 5), 5)).not.toThrow();
    expect(() => positions.check(position('a', 6), 5)).toThrow(
      expect.objectContaining({ code: 'COMMIT_BEYOND_END' }),
    );
  });

  test('may repeat the last one or go forward, not back', () => {
    const positions = new ConsumerPositions(10);
    positions.set(position('a', 5));
    expect(() => positions.check(position('a', 5), 10)).not.toThrow();
    expect(() => positions.check(position('a', 6), 10)).not.toThrow();
    expect(() => positions.check(position('a', 4), 10)).toThrow(
      expect.objectContaining({ code: 'COMMIT_BEHIND' }),
    );
    expect(() => positions.check(position('b', 4), 10)).not.toThrow();
    expect(() => positions.check(position('a', 4, 'other'), 10)).not.toThrow();
  });

  test('of one consumer too many is refused, of a known one never', () => {
    const positions = new ConsumerPositions(2);
    positions.set(position('a', 1));
    positions.set(position('b', 1));
    expect(() => positions.check(position('c', 1), 10)).toThrow(
      expect.objectContaining({ code: 'CONSUMER_LIMIT' }),
    );
    expect(() => positions.check(position('b', 2), 10)).not.toThrow();
  });
});

test('keeps the last position of each consumer and stream', () => {
  const positions = new ConsumerPositions(10);
  expect(positions.get('readings', 'a')).toBeNull();
  positions.set(position('a', 1));
  positions.set(position('a', 2));
  positions.set(position('a', 7, 'other'));
  expect(positions.get('readings', 'a')?.nextOffset).toBe(2);
  expect(positions.get('other', 'a')?.nextOffset).toBe(7);
  expect(positions.all()).toHaveLength(2);
});
