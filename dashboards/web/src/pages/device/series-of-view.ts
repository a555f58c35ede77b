// The series of a device for the span in view: asked for at the bucket that suits its length, followed
// live while the right edge is now, and asked for again now and then, for late readings and true means.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SeriesAnswer } from '../../api/answers.ts';
import { gatewayNowMs } from '../../api/connection.ts';
import { usePolled } from '../../api/polled.ts';
import { readSeries } from '../../api/resources.ts';
import type { Span } from '../../parts/span.ts';
import { type DrawnSeries, drawnSeries, withoutOld, withReading } from './chart-columns.ts';
import { followDevice } from './live-readings.ts';
import { type View, viewQuery } from './view.ts';

export interface SeriesOfView {
  readonly series: readonly DrawnSeries[];
  readonly bucketMs: number;
  readonly span: Span;
  readonly problem: Error | null;
  /** Null before the first answer. */
  readonly answer: SeriesAnswer | null;
  /** Readings arrive as they are stored. */
  readonly isFollowed: boolean;
}

/** A chart's width in points: more could not be seen. */
const POINTS = 400;
const POLL_MS = 3_000;
const FOLLOWED_POLL_MS = 20_000;
const LONG_POLL_MS = 60_000;
/** Longer spans move less than a pixel while one looks. */
const followedMaxMs = 6.5 * 3_600_000;
const FIXED_POLL_MS = 3_600_000;
const CLOCK_MS = 1_000;

interface SeriesSubject {
  readonly device: string;
  /** Null for all of them. */
  readonly metric: string | null;
}

function queryOf({ device, metric }: SeriesSubject, view: View): Record<string, string | number> {
  const subject = { device, ...(metric === null ? {} : { metric }), points: POINTS };
  if (view.kind === 'fixed') {
    return { ...subject, from: Math.round(view.fromMs), to: Math.round(view.toMs) };
  }
  const { lengthMs } = view.range;
  return { ...subject, from: lengthMs === null ? 'earliest' : `-${lengthMs / 1000}s` };
}

/** With `isKnown` false nothing is asked yet. */
export function useSeriesOfView(
  subject: SeriesSubject & { readonly isKnown: boolean },
  view: View,
): SeriesOfView {
  const { device, isKnown } = subject;
  const key = isKnown ? JSON.stringify(['series', subject, viewQuery(view)]) : null;
  const isLive = view.kind === 'live';
  const lengthMs = view.kind === 'live' ? view.range.lengthMs : view.toMs - view.fromMs;
  const canFollow = isLive && lengthMs !== null && lengthMs <= followedMaxMs;
  const [isFollowed, setFollowed] = useState(false);
  const pollMs = !isLive
    ? FIXED_POLL_MS
    : !canFollow
      ? LONG_POLL_MS
      : isFollowed
        ? FOLLOWED_POLL_MS
        : POLL_MS;
  const read = (signal: AbortSignal): Promise<SeriesAnswer> =>
    readSeries(queryOf(subject, view), signal);
  const { answer, problem } = usePolled(key, read, pollMs);

  const [drawn, setDrawn] = useState<{ from: SeriesAnswer; series: readonly DrawnSeries[] } | null>(
    null,
  );
  const newest = useRef<SeriesAnswer | null>(answer);
  newest.current = answer;
  const series = drawn !== null && drawn.from === answer ? drawn.series : seriesOf(answer);

  useEffect(() => {
    if (!canFollow) return;
    const followed = followDevice(
      device,
      (reading) => {
        const from = newest.current;
        if (from === null) return;
        setDrawn((before) => {
          const base = before !== null && before.from === from ? before.series : seriesOf(from);
          const kept = withoutOld(base, gatewayNowMs() - (lengthMs ?? 0));
          return { from, series: withReading(kept, reading, from.bucketMs) };
        });
      },
      setFollowed,
    );
    return followed.close;
  }, [device, canFollow, lengthMs]);

  const nowMs = useClock(canFollow);
  const span: Span =
    view.kind === 'fixed'
      ? view
      : lengthMs === null
        ? { fromMs: Date.parse(answer?.from ?? '') || nowMs - 1, toMs: nowMs }
        : { fromMs: nowMs - lengthMs, toMs: nowMs };
  return { series, bucketMs: answer?.bucketMs ?? 1, span, problem, answer, isFollowed };
}

const drawnOf = new WeakMap<SeriesAnswer, readonly DrawnSeries[]>();

/** The same array for the same answer, so that charts are fed only when there is something new. */
function seriesOf(answer: SeriesAnswer | null): readonly DrawnSeries[] {
  if (answer === null) return [];
  const known = drawnOf.get(answer) ?? answer.series.map(drawnSeries);
  drawnOf.set(answer, known);
  return known;
}

/** The gateway's time, moving once a second while it is wanted and seen. */
function useClock(isMoving: boolean): number {
  const [, tick] = useState(0);
  useEffect(() => {
    if (!isMoving) return;
    const timer = setInterval(() => {
      if (!document.hidden) tick((count) => count + 1);
    }, CLOCK_MS);
    return () => clearInterval(timer);
  }, [isMoving]);
  return gatewayNowMs();
}
