// Where a stream goes on after a start: never at an offset that was given out.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BLIND_STEP, holesOf, nextOffsetOf } from '../../../../src/log/recovery/stream-ends.ts';

const evidence = fc.record({
  given: fc.nat(10_000_000),
  lostAtEnd: fc.nat(500_000),
  staleBy: fc.nat(100_000),
  isDamaged: fc.boolean(),
  hasLedger: fc.boolean(),
  boot: fc.constantFrom('this', 'earlier', 'missing'),
});

test('no offset is given out twice, whatever of the evidence is left', () => {
  fc.assert(
    fc.property(evidence, ({ given, lostAtEnd, staleBy, isDamaged, hasLedger, boot }) => {
      // Without damage nothing that was given out is missing.
      const recovered = isDamaged ? Math.max(0, given - lostAtEnd) : given;
      const written = boot === 'this' ? given : Math.max(0, given - staleBy);
      const next = nextOffsetOf({
        recovered,
        watermark: boot === 'missing' ? -1 : written,
        isExact: boot === 'this',
        reserve: hasLedger ? given + 1000 : 0,
        isDamaged,
      });
      expect(next).toBeGreaterThanOrEqual(given);
      if (!isDamaged || boot === 'this') expect(next).toBe(given);
      expect(next).toBeLessThanOrEqual(given + BLIND_STEP);
    }),
  );
});

test('holes and ranges together are everything from the first range to the end, once', () => {
  const ranges = fc.array(
    fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 20 })).map(([first, count]) => ({
      first,
      next: first + count,
    })),
  );
  fc.assert(
    fc.property(ranges, fc.nat(90), (taken, next) => {
      const holes = holesOf(taken, next);
      const start = Math.min(next, ...taken.map(({ first }) => first));
      for (let offset = start; offset < next; offset++) {
        const has = (range: { first: number; next: number }): boolean =>
          range.first <= offset && offset < range.next;
        expect(holes.filter(has)).toHaveLength(taken.some(has) ? 0 : 1);
      }
      for (const hole of holes) expect(hole.next).toBeLessThanOrEqual(next);
    }),
  );
});
