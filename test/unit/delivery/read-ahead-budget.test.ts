// What all subscriptions together may hold.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FETCH_BYTES_MIN, ReadAheadBudget } from '../../../src/delivery/read-ahead-budget.ts';

test('grants no more than is wanted or left, the least excepted, and counts to the byte', () => {
  const step = fc.record({ isTake: fc.boolean(), wanted: fc.nat({ max: 4 * FETCH_BYTES_MIN }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const bytesMax = 6 * FETCH_BYTES_MIN;
      const budget = new ReadAheadBudget(bytesMax);
      const held: number[] = [];
      const sum = (): number => held.reduce((total, each) => total + each, 0);
      for (const { isTake, wanted } of steps) {
        if (isTake) {
          const left = bytesMax - sum();
          const granted = budget.take(wanted);
          expect(granted).toBe(Math.max(FETCH_BYTES_MIN, Math.min(wanted, left)));
          held.push(granted);
        } else {
          const back = held.shift();
          if (back !== undefined) budget.release(back);
        }
        expect(budget.heldBytes).toBe(sum());
      }
      for (const each of held) budget.release(each);
      expect(budget.heldBytes).toBe(0);
    }),
  );
});
