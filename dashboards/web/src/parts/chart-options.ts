// How charts look: quiet axes, 24-hour clock, thin lines, a band from min to max, and a small table
// of values at the cursor.
import type uPlot from 'uplot';
import { numberText } from '../format/numbers.ts';
import { fullTimeText } from '../format/times.ts';

export interface Line {
  readonly name: string;
  /** The number of a plot colour; 1 to 3. */
  readonly colour: number;
  /** `edge` lines bound the band under the next `mean` and are not drawn themselves. */
  readonly kind: 'line' | 'mean' | 'edge';
}

interface ChartSettings {
  readonly lines: readonly Line[];
  readonly unit: string;
  readonly width: number;
  readonly height: number;
  readonly cursorGroup: string | null;
  /** Of the last hours: its axis tells the time of day alone. */
  readonly isRecent: boolean;
  /** Counts and rates: their scale begins at 0. */
  readonly isFromZero: boolean;
  readonly onZoom: (fromMs: number, toMs: number) => void;
}

const DAY_S = 86_400;
const AXIS_ROW_HEIGHT = 24;
const AXIS_TWO_ROWS_HEIGHT = 38;

/** From so far apart on; `\n` begins a second row, where the day or the year changes. */
const datedTicks: uPlot.Axis.Values = [
  [DAY_S * 365, '{YYYY}', null, null, null, null, null, null, 1],
  [DAY_S * 28, '{MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [DAY_S, '{D} {MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{D} {MMM} {YYYY}', null, '\n{D} {MMM}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{D} {MMM} {YYYY}', null, '\n{D} {MMM}', null, null, null, 1],
  [0.001, '{ss}.{fff}', '\n{D} {MMM} {HH}:{mm}', null, null, null, '\n{HH}:{mm}', null, 1],
];

const clockTicks: uPlot.Axis.Values = [
  [60, '{HH}:{mm}', null, null, null, null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 1],
];

export function chartOptions(settings: ChartSettings): uPlot.Options {
  const { lines, unit, width, height, cursorGroup, isRecent, isFromZero, onZoom } = settings;
  const colour = (name: string): string =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour('quiet'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: colour('plot-grid'), width: 1 },
    ticks: { show: false },
  };
  const edges = lines.flatMap(({ kind }, index) => (kind === 'edge' ? [index + 1] : []));
  const [low, high] = edges;
  const bandColour = `${colour(`plot-${lines[0]?.colour ?? 1}`)}33`;
  return {
    width,
    height,
    legend: { show: false },
    padding: [8, 18, 0, 0],
    cursor: {
      ...(cursorGroup === null ? {} : { sync: { key: cursorGroup, setSeries: false } }),
      drag: { x: true, y: false, setScale: false, dist: 6 },
      points: { size: 7 },
    },
    scales: { y: { range: isFromZero ? rangeFromZero : paddedRange } },
    axes: [
      {
        ...axis,
        values: isRecent ? clockTicks : datedTicks,
        space: 64,
        size: isRecent ? AXIS_ROW_HEIGHT : AXIS_TWO_ROWS_HEIGHT,
        gap: 6,
      },
      {
        ...axis,
        values: (_plot, ticks) => ticks.map(numberText),
        space: 34,
        gap: 6,
        size: widthOf,
      },
    ],
    series: [
      {},
      ...lines.map(({ kind, colour: number }): uPlot.Series => {
        if (kind === 'edge') return { points: { show: false } };
        return {
          stroke: colour(`plot-${number}`),
          width: 1.5,
          points: { show: true, filter: alonePoints, size: 4, fill: colour(`plot-${number}`) },
        };
      }),
    ],
    ...(low === undefined || high === undefined
      ? {}
      : {
          bands: [{ series: [high, low] as [number, number], fill: bandColour, dir: -1 as const }],
        }),
    plugins: [cursorTable(lines, unit)],
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width: selected } = plot.select;
          if (selected < 4) return;
          const at = (position: number): number => plot.posToVal(position, 'x') * 1000;
          onZoom(at(left), at(left + selected));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** Some room above and below; what never changes stands in the middle. */
function paddedRange(_plot: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const room = max === min ? Math.abs(max) * 0.1 || 1 : (max - min) * 0.08;
  return [min >= 0 && min - room < 0 ? 0 : min - room, max + room];
}

function rangeFromZero(_plot: uPlot, _min: number | null, max: number | null): uPlot.Range.MinMax {
  return [0, max === null || max <= 0 ? 1 : max * 1.1];
}

function widthOf(_plot: uPlot, labels: string[] | null): number {
  const longest = Math.max(0, ...(labels ?? []).map((label) => label.length));
  return Math.max(44, longest * 6.5 + 14);
}

/** Points that no line leads to: without a dot they would not be seen. */
function alonePoints(plot: uPlot, seriesIndex: number): number[] {
  const values: ArrayLike<number | null | undefined> = plot.data[seriesIndex] ?? [];
  const isThere = (index: number): boolean => values[index] !== null && values[index] !== undefined;
  const alone: number[] = [];
  for (let index = 0; index < values.length; index += 1) {
    if (isThere(index) && !isThere(index - 1) && !isThere(index + 1)) alone.push(index);
  }
  return alone;
}

/** A box beside the cursor with the time and the values there. */
function cursorTable(lines: readonly Line[], unit: string): uPlot.Plugin {
  const box = document.createElement('div');
  box.className = 'chart-values';
  box.hidden = true;
  return {
    hooks: {
      init: (plot) => {
        plot.over.append(box);
      },
      setCursor: (plot) => {
        const { idx, left = -1 } = plot.cursor;
        const time = idx === null || idx === undefined ? undefined : plot.data[0][idx];
        const texts = lines.flatMap(({ name }, index) => {
          const value = idx === null || idx === undefined ? null : plot.data[index + 1]?.[idx];
          return value === null || value === undefined
            ? []
            : [`${name} ${numberText(value)}${unit === '' ? '' : ` ${unit}`}`];
        });
        box.hidden = left < 0 || time === undefined || texts.length === 0;
        if (box.hidden || time === undefined) return;
        box.replaceChildren(
          ...[fullTimeText(time * 1000), ...texts].map((text) => {
            const row = document.createElement('div');
            row.textContent = text;
            return row;
          }),
        );
        const isRight = left > plot.over.clientWidth / 2;
        box.style.left = isRight ? '' : `${left + 12}px`;
        box.style.right = isRight ? `${plot.over.clientWidth - left + 12}px` : '';
      },
    },
  };
}
