// The rules that a committed position must meet.
import { describe, expect, test } from 'vitest';
import { ConsumerPositions, checkConsumerName } from '../../../src/log/consumer-positions.ts';

function position(consumer: string, nextOffset: number, stream = 'readings') {
  return { stream, consumer, kind: 'plain', nextOffset, committedAtUs: 1, revision: 1 } as const;
}

function group(name: string, nextOffset: number) {
  return { ...position(name, nextOffset), kind: 'group' } as const;
}

function refusal(code: string) {
  return expect.objectContaining({ code });
}

describe('a text', () => {
  test.each(['a', 'a.b-c_d:e', 'A1', 'x'.repeat(128)])('%s is a name', (name) => {
    expect(() => checkConsumerName(name)).not.toThrow();
  });

  test.each(['', ' ', 'a b', 'a/b', 'é', 'a\n', '😀', 'x'.repeat(129)])('%j is no name', (name) => {
    expect(() => checkConsumerName(name)).toThrow(
      expect.objectContaining({ code: 'CONSUMER_NAME_INVALID' }),
    );
  });
});

describe('a commit', () => {
  test('may go up to the end of the stream and no further', () => {
    const positions = new ConsumerPositions(10);
    expect(() => positions.forward(position('a', 0), 0)).not.toThrow();
    expect(() => positions.forward(position('a', 5), 5)).not.toThrow();
    expect(() => positions.forward(position('a', 6), 5)).toThrow(refusal('COMMIT_BEYOND_END'));
  });

  test('may repeat the last one or go forward, not back', () => {
    const positions = new ConsumerPositions(10);
    positions.set(position('a', 5));
    expect(() => positions.forward(position('a', 5), 10)).not.toThrow();
    expect(() => positions.forward(position('a', 6), 10)).not.toThrow();
    expect(() => positions.forward(position('a', 4), 10)).toThrow(refusal('COMMIT_BEHIND'));
    expect(() => positions.forward(position('b', 4), 10)).not.toThrow();
    expect(() => positions.forward(position('a', 4, 'other'), 10)).not.toThrow();
  });

  test('of one consumer too many is refused, of a known one never', () => {
    const positions = new ConsumerPositions(2);
    positions.set(position('a', 1));
    positions.set(position('b', 1));
    expect(() => positions.forward(position('c', 1), 10)).toThrow(refusal('CONSUMER_LIMIT'));
    expect(() => positions.forward(position('b', 2), 10)).not.toThrow();
  });
});

describe('a seek', () => {
  test('may go anywhere, and what is committed from there is no step back', () => {
    const positions = new ConsumerPositions(10);
    positions.set(position('a', 50));
    const sought = positions.seek(position('a', 10));
    // Not durable yet: a commit from there on counts as later all the same.
    const committed = positions.forward(position('a', 12), 100);
    expect(committed.revision).toBe(sought.revision);
    expect(positions.isBehind(sought)).toBe(false);
    positions.set(sought);
    expect(positions.isBehind(position('a', 60))).toBe(true);
    expect(positions.isBehind(committed)).toBe(false);
    expect(() => positions.forward(position('a', 9), 100)).toThrow(refusal('COMMIT_BEHIND'));
  });

  test('makes a consumer, within their limit', () => {
    const positions = new ConsumerPositions(1);
    positions.set(positions.seek(position('a', 10)));
    expect(positions.get('readings', 'a')?.nextOffset).toBe(10);
    expect(() => positions.seek(position('b', 1))).toThrow(refusal('CONSUMER_LIMIT'));
    expect(() => positions.seek(position('a b', 1))).toThrow(refusal('CONSUMER_NAME_INVALID'));
  });
});

describe('a removal', () => {
  test('of nobody is refused, twice as well', () => {
    const positions = new ConsumerPositions(10);
    expect(() => positions.removal('readings', 'a')).toThrow(refusal('CONSUMER_UNKNOWN'));
    expect(() => positions.removal('readings', 'a b')).toThrow(refusal('CONSUMER_NAME_INVALID'));
    positions.set(position('a', 5));
    positions.removal('readings', 'a');
    expect(() => positions.removal('readings', 'a')).toThrow(refusal('CONSUMER_UNKNOWN'));
  });

  test('makes room for another, and its name begins anew', () => {
    const positions = new ConsumerPositions(1);
    positions.set(position('a', 5));
    const removal = positions.removal('readings', 'a');
    expect(() => positions.forward(position('b', 1), 10)).toThrow(refusal('CONSUMER_LIMIT'));
    positions.remove(removal);
    expect(positions.get('readings', 'a')).toBeNull();
    expect(positions.forward(position('b', 1), 10).revision).toBeGreaterThan(removal.revision);
    positions.remove(positions.removal('readings', 'b'));
    positions.set(positions.forward(position('a', 2), 10));
    expect(positions.get('readings', 'a')?.nextOffset).toBe(2);
  });

  test('that is under way does not take what is committed after it', () => {
    const positions = new ConsumerPositions(1);
    positions.set(position('a', 5));
    const removal = positions.removal('readings', 'a');
    const anew = positions.forward(position('a', 2), 10);
    positions.remove(removal);
    positions.set(anew);
    expect(positions.get('readings', 'a')?.nextOffset).toBe(2);
    expect(positions.kindOf('readings', 'a')).toBe('plain');
  });
});

describe('a name', () => {
  test('of a group is no plain consumer, and the other way round, before either is durable', () => {
    const positions = new ConsumerPositions(10);
    positions.forward(group('g', 0), 10);
    positions.forward(position('a', 0), 10);
    expect(() => positions.forward(position('g', 1), 10)).toThrow(refusal('CONSUMER_IS_GROUP'));
    expect(() => positions.seek(position('g', 1))).toThrow(refusal('CONSUMER_IS_GROUP'));
    expect(() => positions.forward(group('a', 1), 10)).toThrow(refusal('GROUP_IS_CONSUMER'));
    expect(() => positions.ofConsumer('readings', 'g')).toThrow(refusal('CONSUMER_IS_GROUP'));
    expect(() => positions.ofConsumer('readings', 'a b')).toThrow(refusal('CONSUMER_NAME_INVALID'));
    expect(positions.ofConsumer('readings', 'a')).toBeNull();
    expect(positions.kindOf('readings', 'g')).toBe('group');
    expect(positions.kindOf('readings', 'x')).toBeNull();
  });

  test('that was deleted is free for the other kind', () => {
    const positions = new ConsumerPositions(10);
    positions.set(position('a', 5));
    positions.removal('readings', 'a');
    expect(positions.forward(group('a', 0), 10).kind).toBe('group');
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
