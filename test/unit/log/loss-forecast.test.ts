// When a consumer begins to lose readings: worked examples, and what must hold for any stream.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ForecastConsumer,
  type ForecastStream,
  forecastLosses,
  type Span,
} from '../../../src/log/loss-forecast.ts';

const SECOND = 1_000_000;
const nowUs = 1_700_000_000_000_000;

/** Spans of 100 readings and 1000 bytes, received at 10 readings a second until now. */
function spansOf(count: number): Span[] {
  return Array.from({ length: count }, (_, index) => ({
    firstOffset: index * 100,
    nextOffset: (index + 1) * 100,
    bytes: 1000,
    lastReceivedUs: nowUs - (count - 1 - index) * 10 * SECOND,
  }));
}

const unlimited = { ageMs: 0, bytes: 0, hardBytes: 0, protect: [] };

function streamOf(fields: Partial<ForecastStream> = {}): ForecastStream {
  return {
    spans: spansOf(10),
    highWatermark: 1000,
    readingsPerSecond: 10,
    bytesPerSecond: 100,
    retention: unlimited,
    refusesWhenFull: false,
    protectedFrom: Number.POSITIVE_INFINITY,
    directory: null,
    nowUs,
    ...fields,
  };
}

function secondsUntilLoss(
  fields: Partial<ForecastStream>,
  consumer: ForecastConsumer,
): number | null {
  const at = forecastLosses(streamOf(fields))(consumer);
  return at === null ? null : (at - nowUs) / SECOND;
}

const still = (nextOffset: number): ForecastConsumer => ({ nextOffset, readingsPerSecond: 0 });

describe('a consumer that stands still', () => {
  test('loses its span when it is too old', () => {
    const retention = { ...unlimited, ageMs: 200_000 };
    // The span of offset 250 was closed 70 s ago.
    expect(secondsUntilLoss({ retention }, still(250))).toBe(130);
    expect(secondsUntilLoss({ retention: { ...retention, ageMs: 60_000 } }, still(250))).toBe(0);
  });

  test('loses its span when what is behind it is too much', () => {
    const retention = { ...unlimited, bytes: 9000 };
    // From offset 200 on there are 8000 bytes; the rest comes at 100 a second.
    expect(secondsUntilLoss({ retention }, still(250))).toBe(10);
    expect(secondsUntilLoss({ retention }, still(50))).toBe(0);
  });

  test('loses what has not come yet when it is at the end', () => {
    const retention = { ...unlimited, ageMs: 200_000 };
    expect(secondsUntilLoss({ retention }, still(1000))).toBe(200);
  });

  test('loses when the directory is full', () => {
    const directory = { roomBytes: 5000, bytesPerSecond: 200 };
    expect(secondsUntilLoss({ directory }, still(50))).toBe(25);
    // Two spans before its own make room first.
    expect(secondsUntilLoss({ directory }, still(250))).toBe(35);
  });

  test('loses nothing without a limit, and nothing by bytes when nothing comes', () => {
    expect(secondsUntilLoss({}, still(0))).toBeNull();
    const silent = { readingsPerSecond: 0, bytesPerSecond: 0 };
    const retention = { ...unlimited, bytes: 20_000 };
    expect(secondsUntilLoss({ ...silent, retention }, still(0))).toBeNull();
  });
});

describe('protection', () => {
  const retention = { ...unlimited, ageMs: 60_000, bytes: 5000, hardBytes: 12_000 };

  test('holds what is not committed until the hard limit', () => {
    expect(secondsUntilLoss({ retention }, still(50))).toBe(0);
    expect(secondsUntilLoss({ retention, protectedFrom: 50 }, still(50))).toBe(20);
  });

  test('and for ever where the stream refuses new readings instead', () => {
    const refusing = { retention, protectedFrom: 50, refusesWhenFull: true };
    expect(secondsUntilLoss(refusing, still(50))).toBeNull();
  });

  test('does not help one that lags behind the protected', () => {
    expect(secondsUntilLoss({ retention, protectedFrom: 500 }, still(50))).toBe(0);
  });
});

describe('a consumer that reads', () => {
  const retention = { ...unlimited, ageMs: 200_000 };

  test('loses nothing as fast as readings come', () => {
    expect(secondsUntilLoss({ retention }, { nextOffset: 900, readingsPerSecond: 10 })).toBeNull();
  });

  test('falls back to the end of the window when it is slower', () => {
    // 2000 readings are kept, it lags by 100 and by 4 more each second.
    const at = secondsUntilLoss({ retention }, { nextOffset: 900, readingsPerSecond: 6 });
    expect(at).toBeCloseTo((2000 - 100) / 4);
  });

  test('is caught by what is too old before it gets there', () => {
    // Span [0, 100) goes in 110 s; at one reading a second it has 110 of 100; [100, 200) in 120 s.
    const at = secondsUntilLoss({ retention }, { nextOffset: 0, readingsPerSecond: 1 });
    expect(at).toBe(120);
  });
});

const streams = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 20 }),
    spacingUs: fc.integer({ min: 0, max: 100 * SECOND }),
    readingsPerSecond: fc.integer({ min: 0, max: 1000 }),
    bytesPerReading: fc.integer({ min: 1, max: 40 }),
    ageMs: fc.integer({ min: 0, max: 10_000_000 }),
    bytes: fc.integer({ min: 0, max: 100_000 }),
    hardBytes: fc.integer({ min: 0, max: 200_000 }),
    refusesWhenFull: fc.boolean(),
    protectedFrom: fc.oneof(
      fc.integer({ min: 0, max: 20_000 }),
      fc.constant(Number.POSITIVE_INFINITY),
    ),
  })
  .map((made): ForecastStream => {
    let next = 0;
    const spans = made.sizes.map((size, index) => {
      const firstOffset = next;
      next += size;
      return {
        firstOffset,
        nextOffset: next,
        bytes: size * made.bytesPerReading,
        lastReceivedUs: nowUs - (made.sizes.length - 1 - index) * made.spacingUs,
      };
    });
    const { ageMs, bytes, hardBytes } = made;
    return streamOf({
      spans,
      highWatermark: next,
      readingsPerSecond: made.readingsPerSecond,
      bytesPerSecond: made.readingsPerSecond * made.bytesPerReading,
      retention: { ageMs, bytes, hardBytes, protect: [] },
      refusesWhenFull: made.refusesWhenFull,
      protectedFrom: made.protectedFrom,
    });
  });

const consumers = fc.record({
  nextOffset: fc.integer({ min: 0, max: 20_000 }),
  readingsPerSecond: fc.integer({ min: 0, max: 1000 }),
});

/** As a number that compares: never is later than any time. */
function lossAt(stream: ForecastStream, consumer: ForecastConsumer): number {
  return forecastLosses(stream)(consumer) ?? Number.POSITIVE_INFINITY;
}

describe('of any stream and any consumer', () => {
  test('is never in the past, and whole', () => {
    fc.assert(
      fc.property(streams, consumers, (stream, consumer) => {
        const at = forecastLosses(stream)(consumer);
        if (at === null) return;
        expect(at).toBeGreaterThanOrEqual(nowUs);
        expect(Number.isInteger(at)).toBe(true);
      }),
    );
  });

  test('whoever is further on or reads faster loses no earlier', () => {
    fc.assert(
      fc.property(streams, consumers, fc.nat(500), fc.nat(500), (stream, consumer, on, faster) => {
        const ahead = {
          nextOffset: Math.min(
            consumer.nextOffset + on,
            Math.max(consumer.nextOffset, stream.highWatermark),
          ),
          readingsPerSecond: consumer.readingsPerSecond + faster,
        };
        expect(lossAt(stream, ahead)).toBeGreaterThanOrEqual(lossAt(stream, consumer) - 1);
      }),
    );
  });

  test('a higher limit loses no earlier', () => {
    fc.assert(
      fc.property(streams, consumers, fc.nat(100_000), (stream, consumer, more) => {
        const { ageMs, bytes, hardBytes } = stream.retention;
        const raised = (limit: number) => (limit === 0 ? 0 : limit + more);
        const retention = {
          ageMs: raised(ageMs),
          bytes: raised(bytes),
          hardBytes: raised(hardBytes),
          protect: [],
        };
        const at = lossAt({ ...stream, retention }, consumer);
        expect(at).toBeGreaterThanOrEqual(lossAt(stream, consumer) - 1);
      }),
    );
  });

  test('whoever keeps up with what comes, and has nothing behind, loses nothing', () => {
    fc.assert(
      fc.property(streams, fc.nat(1000), (stream, faster) => {
        fc.pre(stream.readingsPerSecond > 0);
        const consumer = {
          nextOffset: stream.highWatermark,
          readingsPerSecond: stream.readingsPerSecond + faster,
        };
        expect(forecastLosses(stream)(consumer)).toBeNull();
      }),
    );
  });
});
