// Deliveries against the generated decoder: every reading asked for, in order, one count a message.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReadingColumns, SeriesKey } from '../../../../src/core/reading.ts';
import {
  DeliveryEncoder,
  type EncodedDelivery,
} from '../../../../src/delivery/grpc/delivery-encoder.ts';
import { ConsumeResponse, type Delivery } from '../../../../src/generated/millpond/v1/consume.ts';
import { columnsOf, plainRows } from '../../../support/reading-rows.ts';

const keys: SeriesKey[] = [
  { device: 'attic', channel: '', metric: 'temperature', unit: 'Cel', source: 'mqtt' },
];

function deliveriesOf({ buffer, ranges }: EncodedDelivery): Delivery[] {
  const deliveries: Delivery[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    const bytes = new Uint8Array(buffer, ranges[i], ranges[i + 1]! - ranges[i]!);
    const { event } = ConsumeResponse.decode(bytes);
    if (event?.$case !== 'delivery') throw new Error('not a delivery');
    deliveries.push(event.value);
  }
  return deliveries;
}

/** Rows [0, count) in runs of so many. */
function runsOf(count: number, runRows: number): ReadingColumns[] {
  const runs: ReadingColumns[] = [];
  for (let first = 0; first < count; first += runRows) {
    runs.push(columnsOf(plainRows(first, Math.min(runRows, count - first))));
  }
  return runs;
}

const BYTES_MAX = 64 * 1024;

test('any offsets out of any runs, each message with the one count of its readings', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(199), { minLength: 1, maxLength: 100 }),
      fc.integer({ min: 1, max: 70 }),
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 200, maxLength: 200 }),
      (chosen, runRows, counts) => {
        const offsets = [...chosen].sort((a, b) => a - b);
        const encoded = new DeliveryEncoder(keys).encode({
          offsets,
          runs: runsOf(200, runRows),
          deliveryCount: (offset) => counts[offset]!,
          bytesMax: BYTES_MAX,
        });
        const seen: number[] = [];
        for (const { readings, deliveryCount } of deliveriesOf(encoded)) {
          for (const { offset, value, device } of readings) {
            expect(value?.value).toBe(Number(offset));
            expect(device).toBe('attic');
            expect(deliveryCount).toBe(counts[Number(offset)]);
            seen.push(Number(offset));
          }
        }
        expect(seen).toEqual(offsets.slice(0, encoded.readings));
        expect(encoded.readings).toBe(offsets.length);
      },
    ),
    { numRuns: 50 },
  );
});

test('what does not fit is left for the next one; a reading that is larger goes alone', () => {
  const encoder = new DeliveryEncoder(keys);
  const offsets = [0, 1, 2, 3];
  const rows = plainRows(0, 4).map((row) => ({ ...row, value: 'x'.repeat(40_000) }));
  const encoded = encoder.encode({
    offsets,
    runs: [columnsOf(rows)],
    deliveryCount: () => 1,
    bytesMax: BYTES_MAX,
  });
  expect(encoded.readings).toBe(1);
  expect(deliveriesOf(encoded)[0]?.readings[0]?.value?.value).toHaveLength(40_000);
});

test('a message has at most 1000 readings', () => {
  const offsets = Array.from({ length: 2500 }, (_, index) => index);
  const encoded = new DeliveryEncoder(keys).encode({
    offsets,
    runs: runsOf(2500, 500),
    deliveryCount: () => 1,
    bytesMax: 1024 * 1024,
  });
  expect(deliveriesOf(encoded).map(({ readings }) => readings.length)).toEqual([1000, 1000, 500]);
});
