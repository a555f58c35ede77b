// Spans of time in the address, zoom and moves; and the states of a text series.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { statesOf } from '../../../dashboards/web/src/pages/device/states.ts';
import {
  moved,
  ranges,
  viewOf,
  viewQuery,
  zoomed,
} from '../../../dashboards/web/src/pages/device/view.ts';

const nowMs = 1_800_000_000_000;

test('the address holds the view, and a wrong one is the last hour', () => {
  for (const range of ranges) {
    expect(viewOf(new URLSearchParams(viewQuery({ kind: 'live', range })))).toEqual({
      kind: 'live',
      range,
    });
  }
  const fixed = { kind: 'fixed', fromMs: 1_000, toMs: 2_000 } as const;
  expect(viewOf(new URLSearchParams(viewQuery(fixed)))).toEqual(fixed);
  for (const wrong of ['', 'range=never', 'from=2000&to=1000', 'from=x&to=y', 'from=-1&to=5']) {
    expect(viewOf(new URLSearchParams(wrong))).toMatchObject({ range: { name: '1h' } });
  }
});

test('a device that is new begins with a short range', () => {
  expect(viewOf(new URLSearchParams(), 60_000)).toMatchObject({ range: { name: '5m' } });
  expect(viewOf(new URLSearchParams('range=1d'), 60_000)).toMatchObject({ range: { name: '1d' } });
});

const spans = fc
  .tuple(fc.integer({ min: 1, max: 1e12 }), fc.integer({ min: 0, max: 1e11 }))
  .map(([length, before]) => ({ fromMs: nowMs - before - length, toMs: nowMs - before }));

test('zoom and moves never show what is to come, and keep their length', () => {
  fc.assert(
    fc.property(spans, fc.double({ min: -2, max: 2, noNaN: true }), (span, part) => {
      const there = moved(span, part, nowMs);
      expect(there.toMs).toBeLessThanOrEqual(nowMs);
      expect(there.toMs - there.fromMs).toBeCloseTo(span.toMs - span.fromMs, 0);
      const wide = zoomed(span, 2, nowMs);
      expect(wide.toMs).toBeLessThanOrEqual(nowMs);
      expect(wide.toMs).toBeGreaterThan(wide.fromMs);
    }),
  );
});

test('zooming in ends where single readings would be shown', () => {
  const span = { fromMs: nowMs - 3_000, toMs: nowMs - 1_000 };
  expect(zoomed(span, 0.5, nowMs)).toEqual(span);
});

test('the same text again is the same state, the newest is first and lasts until now', () => {
  const points = [
    { ms: 0, text: 'off' },
    { ms: 10, text: 'on' },
    { ms: 20, text: 'on' },
    { ms: 30, text: 'off' },
  ];
  expect(statesOf(points, 100)).toEqual([
    { text: 'off', sinceMs: 30, lastedMs: 70 },
    { text: 'on', sinceMs: 10, lastedMs: 20 },
    { text: 'off', sinceMs: 0, lastedMs: 10 },
  ]);
  expect(statesOf([], 100)).toEqual([]);
});
