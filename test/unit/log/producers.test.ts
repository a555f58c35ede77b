// Which messages are stored already, and what is remembered of whom.
import { expect, test } from 'vitest';
import { MillpondError } from '../../../src/core/errors.ts';
import { Pending } from '../../../src/log/pending.ts';
import { Producers } from '../../../src/log/producers.ts';

function setUp(countMax = 100) {
  const pending = new Pending(0);
  const producers = new Producers({ countMax, pending: () => pending });
  const stored: string[] = [];
  const offer = (producer: string, sequence: number, call = 1): void =>
    producers.once({ producer, sequence, call }, () => stored.push(`${producer}${sequence}`));
  const refuse = (producer: string, sequence: number, call = 1): void =>
    producers.once({ producer, sequence, call }, () => {
      throw new MillpondError('STREAM_FULL', 'full');
    });
  return { pending, producers, stored, offer, refuse };
}

test('stores each sequence of a producer once, and what has no key always', () => {
  const { producers, pending, stored, offer } = setUp();
  for (const sequence of [1, 2, 2, 5, 4, 6]) offer('a', sequence);
  offer('b', 1);
  producers.once(undefined, () => stored.push('none'));
  expect(stored).toEqual(['a1', 'a2', 'a5', 'a6', 'b1', 'none']);
  expect(producers.duplicates).toBe(2);
  expect(pending.producers).toEqual(
    new Map([
      ['a', 6],
      ['b', 1],
    ]),
  );
});

test('goes on from what was stored before a restart', () => {
  const { producers, stored, offer } = setUp();
  producers.restore('a', 7);
  for (const sequence of [6, 7, 8]) offer('a', sequence);
  expect(stored).toEqual(['a8']);
});

test('takes nothing behind a refused message of its call, and all of it in the next call', () => {
  const { stored, offer, refuse, pending } = setUp();
  offer('a', 1);
  expect(() => refuse('a', 2)).toThrow('full');
  expect(() => offer('a', 3)).toThrow(expect.objectContaining({ code: 'STREAM_FULL' }));
  offer('b', 3);
  expect(pending.producers.get('a')).toBe(1);
  for (const sequence of [1, 2, 3]) offer('a', sequence, 2);
  expect(stored).toEqual(['a1', 'b3', 'a2', 'a3']);
});

test('forgets the producer heard of longest ago, and writes that it did', () => {
  const { producers, pending, stored, offer } = setUp(2);
  producers.restore('old', 9);
  offer('a', 1);
  offer('old', 9);
  offer('b', 1);
  expect(producers.count).toBe(2);
  expect(producers.forgotten).toBe(1);
  expect(pending.forgottenProducers).toEqual(new Set(['a']));
  expect([...pending.producers.keys()]).toEqual(['b']);
  offer('a', 1);
  expect(stored).toEqual(['a1', 'b1', 'a1']);
  expect(pending.forgottenProducers).toEqual(new Set(['old']));
  expect([...pending.producers.keys()]).toEqual(['b', 'a']);
});
