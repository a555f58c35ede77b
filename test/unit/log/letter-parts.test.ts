// Which readings of a message count already, whatever a mended profile makes of it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeParts, withoutParts } from '../../../src/log/letter-parts.ts';
import { readingOf } from '../../support/reading-rows.ts';

const anyReading = fc
  .record({
    device: fc.constantFrom('a', 'b'),
    metric: fc.constantFrom('temperature', 'humidity'),
    value: fc.oneof(fc.nat({ max: 3 }), fc.constantFrom('0', '1')),
    measuredAtUs: fc.nat({ max: 3 }),
  })
  .map(readingOf);

test('of the same decoding exactly the others are left, also of equal ones', () => {
  const marked = fc.array(fc.tuple(anyReading, fc.boolean()), { maxLength: 20 });
  fc.assert(
    fc.property(marked, (all) => {
      const counted = all.filter(([, isCounted]) => isCounted).map(([reading]) => reading);
      const readings = all.map(([reading]) => reading);
      const left = withoutParts(readings, encodeParts(counted));
      const sorted = (list: typeof readings) => list.map((each) => JSON.stringify(each)).sort();
      expect(sorted([...left, ...counted])).toEqual(sorted(readings));
    }),
  );
});

test('a reading that comes out with another value or time counts all the same, once', () => {
  const was = [readingOf({ metric: 'humidity', value: 40 })];
  const now = [
    readingOf({ metric: 'temperature', value: 20 }),
    readingOf({ metric: 'humidity', value: 0.4 }),
    readingOf({ metric: 'humidity', value: 0.5 }),
  ];
  expect(withoutParts(now, encodeParts(was)).map(({ value }) => value)).toEqual([20, 0.5]);
  expect(withoutParts(now, encodeParts([]))).toEqual(now);
});
