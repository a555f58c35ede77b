// The last hour as charts: readings in and out, and how long a commit takes.
import type { ComponentChildren, JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { HistoryPoint, Status, StatusHistory } from '../../api/answers.ts';
import { rateText } from '../../format/numbers.ts';
import type { Line } from '../../parts/chart-options.ts';
import { TimeChart } from '../../parts/time-chart.tsx';

const HOUR_MS = 3_600_000;
const shortestMs = 2 * 60_000;
const CHART_HEIGHT = 190;

const rateLines: readonly Line[] = [
  { name: 'received', colour: 1, kind: 'line' },
  { name: 'stored', colour: 3, kind: 'line' },
  { name: 'handed out', colour: 2, kind: 'line' },
];

const commitLines: readonly Line[] = [
  { name: 'half within', colour: 1, kind: 'line' },
  { name: '99 % within', colour: 2, kind: 'line' },
];

interface HistoryProps {
  readonly history: StatusHistory | null;
}

export function RatesCard({ status, history }: StatusProps): JSX.Element {
  const newest = history?.points.at(-1);
  // In the first seconds there is no history yet.
  const stored = status.streams.reduce((sum, { readingsPerSecond }) => sum + readingsPerSecond, 0);
  const values = [
    newest?.receivedPerSecond,
    newest?.storedPerSecond ?? stored,
    newest?.deliveredPerSecond,
  ];
  return (
    <HistoryCard
      title="Readings a second"
      isWide
      lines={rateLines}
      values={values}
      unit="/s"
      history={history}
      read={(point) => [point.receivedPerSecond, point.storedPerSecond, point.deliveredPerSecond]}
    />
  );
}

interface StatusProps extends HistoryProps {
  readonly status: Status;
}

export function CommitCard({ status, history }: StatusProps): JSX.Element {
  const hasCommits = status.log.commits > 0;
  return (
    <HistoryCard
      title="Time to disk"
      isWide={false}
      lines={commitLines}
      values={hasCommits ? [status.log.commitMsP50, status.log.commitMsP99] : []}
      unit="ms"
      history={history}
      read={(point) => [point.commitMsP50, point.commitMsP99]}
    />
  );
}

interface HistoryCardProps extends HistoryProps {
  readonly title: string;
  readonly isWide: boolean;
  readonly lines: readonly Line[];
  /** Undefined before the first point. */
  readonly values: readonly (number | undefined)[];
  readonly unit: string;
  readonly read: (point: HistoryPoint) => readonly (number | null)[];
  readonly children?: ComponentChildren;
}

function valueText(value: number | undefined): string {
  return value === undefined ? '–' : rateText(value);
}

function HistoryCard(props: HistoryCardProps): JSX.Element {
  const { title, isWide, lines, values, unit, history, read } = props;
  const points = history?.points ?? [];
  const columns = useMemo(() => columnsOf(points, read, lines.length), [history]);
  const toMs = Date.parse(points.at(-1)?.time ?? '') || Date.now();
  const fromMs = firstMs(points, toMs);
  const told = lines.map(({ name }, index) => `${name} ${valueText(values[index])} ${unit}`);
  return (
    <div class={`card ${isWide ? 'is-wide' : 'is-third'}`}>
      <div class="card-head">
        <h2>{title}</h2>
        <span class="quiet">{toMs - fromMs < HOUR_MS ? 'since the start' : 'last hour'}</span>
      </div>
      <dl class="legend">
        {lines.map(({ name, colour }, index) => (
          <div key={name} class={`legend-item is-${colour}`}>
            <dt>{name}</dt>
            <dd>
              {valueText(values[index])}
              <small>{unit}</small>
            </dd>
          </div>
        ))}
      </dl>
      <TimeChart
        label={`${title} over the last hour; now: ${told.join(', ')}`}
        columns={columns}
        lines={lines}
        unit={unit}
        span={{ fromMs, toMs }}
        height={CHART_HEIGHT}
        isRecent
        isFromZero
      />
    </div>
  );
}

/** An hour ago, or the first point of a gateway that runs for less. */
function firstMs(points: readonly HistoryPoint[], toMs: number): number {
  const startMs = Date.parse(points[0]?.time ?? '') || toMs;
  return Math.max(toMs - HOUR_MS, Math.min(startMs, toMs - shortestMs));
}

function columnsOf(
  points: readonly HistoryPoint[],
  read: HistoryCardProps['read'],
  count: number,
): [number[], ...(number | null)[][]] {
  const rows = points.map(read);
  const columns = Array.from({ length: count }, (_, index) =>
    rows.map((row) => row[index] ?? null),
  );
  return [points.map(({ time }) => Date.parse(time) / 1000), ...columns];
}
