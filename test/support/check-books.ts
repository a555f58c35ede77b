// Holds what a publisher sent and had acknowledged against what the log has.

import { expect } from 'vitest';
import type { Reading } from '../../src/generated/millpond/v1/reading.ts';
import type { ResendingPublisher } from './resending-publisher.ts';

/**
 * Of one device: everything acknowledged is there, in order, and nothing more often than it was sent.
 * With `isTrimmed` the log begins with one of its later values.
 */
export function checkBooks(
  publisher: ResendingPublisher,
  readings: readonly Reading[],
  isTrimmed = false,
): void {
  const values = readings
    .filter(({ device }) => device === publisher.device)
    .map(({ value }) => (value?.$case === 'number' ? value.value : Number.NaN));
  const stored = new Map<number, number>();
  const first = isTrimmed ? Math.min(...values) : 0;
  let highest = first - 1;
  for (const value of values) {
    stored.set(value, (stored.get(value) ?? 0) + 1);
    // First copies come in the order of sending; a resend may only repeat.
    if (value > highest) {
      expect(value, `${publisher.device}: ${value} follows ${highest}`).toBe(highest + 1);
      highest = value;
    }
  }
  for (const value of publisher.acknowledged) {
    if (value < first) continue;
    expect(stored.has(value), `${publisher.device} lost ${value}`).toBe(true);
  }
  for (const [value, copies] of stored) {
    expect(
      copies,
      `${publisher.device} stored ${value} more often than it was sent`,
    ).toBeLessThanOrEqual(publisher.sends.get(value) ?? 0);
  }
}
