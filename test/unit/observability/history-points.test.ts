// Points of charts out of samples: whatever the step, nothing that came is lost or counted twice, and
// no peak vanishes.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { historyPoints, lagPoints, stepFor } from '../../../src/observability/history-points.ts';
import type { HistorySample } from '../../../src/observability/history-ring.ts';

const SECOND_US = 1_000_000;
const TEN_US = 10 * SECOND_US;
const HOUR_US = 3600 * SECOND_US;

function sampleAt(timeUs: number, changes: Partial<HistorySample> = {}): HistorySample {
  return {
    timeUs,
    received: 0,
    stored: 0,
    delivered: 0,
    commitMsP50: 0,
    commitMsP99: 0,
    queueBytes: 0,
    diskFreeBytes: 0,
    deadLetters: 0,
    lost: 0,
    ...changes,
  };
}

const samplesArbitrary = fc
  .array(
    fc.record({
      gapUs: fc.integer({ min: 1, max: 5 * TEN_US }),
      received: fc.integer({ min: 0, max: 1000 }),
      commitMsP99: fc.double({ min: 0, max: 100, noNaN: true }),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    let timeUs = HOUR_US;
    let received = 0;
    return steps.map((step) => {
      timeUs += step.gapUs;
      received += step.received;
      return sampleAt(timeUs, { received, commitMsP99: step.commitMsP99 });
    });
  });

test('rates and their times make up what came between the first sample and the last', () => {
  fc.assert(
    fc.property(samplesArbitrary, fc.integer({ min: 1, max: 20 }), (samples, steps) => {
      const points = historyPoints(samples, steps * TEN_US);
      const times = points.map(({ timeUs }) => timeUs);
      expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
      let fromUs = samples[0]?.timeUs ?? 0;
      let came = 0;
      for (const { timeUs, receivedPerSecond } of points) {
        came += (receivedPerSecond * (timeUs - fromUs)) / SECOND_US;
        fromUs = timeUs;
      }
      const all = (samples.at(-1)?.received ?? 0) - (samples[0]?.received ?? 0);
      expect(came).toBeCloseTo(all, 3);
    }),
  );
});

test('the highest latency is in some point, but for the one of the first sample', () => {
  fc.assert(
    fc.property(samplesArbitrary, fc.integer({ min: 1, max: 20 }), (samples, steps) => {
      const points = historyPoints(samples, steps * TEN_US);
      const highest = Math.max(0, ...samples.slice(1).map(({ commitMsP99 }) => commitMsP99));
      const told = Math.max(0, ...points.map(({ commitMsP99 }) => commitMsP99));
      expect(told).toBeGreaterThanOrEqual(highest);
    }),
  );
});

test('a total that begins anew is no negative rate', () => {
  const samples = [sampleAt(0, { stored: 100 }), sampleAt(TEN_US, { stored: 20 })];
  expect(historyPoints(samples, TEN_US)).toMatchObject([{ storedPerSecond: 0 }]);
});

test('a gap has no points, and a rate across it is the mean', () => {
  const samples = [0, 1, 2, 10].map((step) => sampleAt(step * TEN_US, { received: step * 50 }));
  expect(
    historyPoints(samples, TEN_US).map((p) => [p.timeUs / TEN_US, p.receivedPerSecond]),
  ).toEqual([
    [1, 5],
    [2, 5],
    [10, 5],
  ]);
});

test('the lag of a step is its highest, and of a consumer that was not there none', () => {
  const samples = [0, 1, 2, 3, 4, 5].map((step) => sampleAt(step * TEN_US));
  const lags = [Number.NaN, Number.NaN, 4, 9, 1, 0];
  const [series] = lagPoints(samples, [{ stream: 's', consumer: 'c', lags }], 2 * TEN_US);
  expect(series).toEqual({
    stream: 's',
    consumer: 'c',
    points: [
      { timeUs: 3 * TEN_US, lag: 9 },
      { timeUs: 5 * TEN_US, lag: 1 },
    ],
  });
});

test('a day has no more points than an hour has', () => {
  expect(stepFor(HOUR_US, TEN_US)).toBe(TEN_US);
  expect(stepFor(24 * HOUR_US, TEN_US)).toBe(12 * TEN_US);
  expect(stepFor(1, TEN_US)).toBe(TEN_US);
});
