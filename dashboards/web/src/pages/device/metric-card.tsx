// A metric: its newest value, what it was over the span, and the chart with the band from min to max.
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { LatestValue } from '../../api/answers.ts';
import { numberText } from '../../format/numbers.ts';
import { durationText } from '../../format/times.ts';
import { seriesText, unitText } from '../../format/units.ts';
import type { Line } from '../../parts/chart-options.ts';
import type { Span } from '../../parts/span.ts';
import { TimeChart } from '../../parts/time-chart.tsx';
import { chartColumns, type DrawnSeries, type NumberPoint } from './chart-columns.ts';

const CHART_HEIGHT = 220;

const lines: readonly Line[] = [
  { name: 'min', colour: 1, kind: 'edge' },
  { name: 'max', colour: 1, kind: 'edge' },
  { name: 'mean', colour: 1, kind: 'mean' },
];

interface MetricCardProps {
  readonly series: DrawnSeries;
  readonly latest: LatestValue | undefined;
  readonly span: Span;
  readonly bucketMs: number;
  readonly isAlone: boolean;
  readonly onZoom: (span: Span) => void;
}

export function MetricCard(props: MetricCardProps): JSX.Element {
  const { series, latest, span, bucketMs, isAlone, onZoom } = props;
  const { numbers } = series;
  const columns = useMemo(() => chartColumns(numbers, bucketMs), [numbers, bucketMs]);
  const unit = unitText(series.unit);
  const name = seriesText(series.channel, series.metric);
  const now = typeof latest?.value === 'number' ? numberText(latest.value) : '';
  const told = courseText(numbers);
  const length = durationText(span.toMs - span.fromMs);
  return (
    <div class={`card ${isAlone ? '' : 'is-half'}`}>
      <div class="card-head">
        <h2>{name}</h2>
        <span class="quiet number">{told}</span>
      </div>
      <p class="figure">
        {now}
        {now !== '' && <small>{unit}</small>}
      </p>
      <section
        class="chart-focus"
        tabIndex={0}
        aria-label={`Chart of ${name}; plus and minus zoom, arrows move, Backspace goes back`}
      >
        <TimeChart
          label={`${name} over ${length}${unit === '' ? '' : ` in ${unit}`}: ${told || 'no readings'}`}
          columns={columns}
          lines={lines}
          unit={unit}
          span={span}
          height={CHART_HEIGHT}
          isRecent={false}
          cursorGroup="device"
          onZoom={onZoom}
        />
      </section>
    </div>
  );
}

function courseText(points: readonly NumberPoint[]): string {
  if (points.length === 0) return '';
  let count = 0;
  let sum = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    count += point.count;
    sum += point.mean * point.count;
    low = Math.min(low, point.min);
    high = Math.max(high, point.max);
  }
  return `${numberText(low)} to ${numberText(high)}, mean ${numberText(sum / count)}`;
}
