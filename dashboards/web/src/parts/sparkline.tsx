// A line so small that it shows a course and no values: the band from min to max, and the mean.
import type { JSX } from 'preact';
import type { Bucket } from '../api/answers.ts';

interface SparklineProps {
  readonly points: readonly Bucket[];
  readonly fromMs: number;
  readonly toMs: number;
}

const WIDTH = 120;
const HEIGHT = 28;
const EDGE = 2;

export function Sparkline({ points, fromMs, toMs }: SparklineProps): JSX.Element {
  const found = points.flatMap(({ time, min, mean, max }) =>
    typeof min === 'number' && typeof mean === 'number' && typeof max === 'number'
      ? [{ ms: Date.parse(time), min, mean, max }]
      : [],
  );
  // A single point is a short line: else it would not be seen.
  const shortMs = (toMs - fromMs) / WIDTH;
  const numbers =
    found.length === 1 ? found.flatMap((one) => [one, { ...one, ms: one.ms + shortMs }]) : found;
  const low = Math.min(...numbers.map(({ min }) => min));
  const high = Math.max(...numbers.map(({ max }) => max));
  const x = (ms: number): string => (((ms - fromMs) / (toMs - fromMs)) * WIDTH).toFixed(1);
  const y = (value: number): string => {
    const part = high === low ? 0.5 : (value - low) / (high - low);
    return (HEIGHT - EDGE - part * (HEIGHT - 2 * EDGE)).toFixed(1);
  };
  const along = (read: (point: (typeof numbers)[number]) => number, part: typeof numbers): string =>
    part.map((point) => `${x(point.ms)},${y(read(point))}`).join(' ');
  const upper = along(({ max }) => max, numbers);
  const lower = along(({ min }) => min, [...numbers].reverse());
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      {numbers.length > 0 && <polygon points={`${upper} ${lower}`} />}
      {numbers.length > 0 && <polyline points={along(({ mean }) => mean, numbers)} />}
    </svg>
  );
}
