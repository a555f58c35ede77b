// A chart over time: one uPlot, made anew when its lines or the theme change, fed when the data do.
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import { useStore } from '../api/store.ts';
import { shownTheme } from '../shell/theme.ts';
import { chartOptions, type Line } from './chart-options.ts';

export interface Span {
  /** Milliseconds since the Unix epoch. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface TimeChartProps {
  /** What the chart shows, in a sentence, for those who do not see it. */
  readonly label: string;
  /** The first column is time in seconds; then one for each line. */
  readonly columns: uPlot.AlignedData;
  /** Another array makes another chart. */
  readonly lines: readonly Line[];
  readonly unit: string;
  readonly span: Span;
  readonly height: number;
  /** Of the last hours: the axis tells the time of day alone. */
  readonly isRecent?: boolean;
  /** Counts and rates: the scale begins at 0. */
  readonly isFromZero?: boolean;
  /** Charts with the same name show their cursors together. */
  readonly cursorGroup?: string;
  /** A span was drawn with the mouse. */
  readonly onZoom?: (span: Span) => void;
}

export function TimeChart(props: TimeChartProps): JSX.Element {
  const { label, columns, lines, unit, span, height, cursorGroup, isRecent, isFromZero } = props;
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const newest = useRef(props);
  newest.current = props;
  const colours = useStore(shownTheme);

  useEffect(() => {
    const element = place.current!;
    let isGone = false;
    let observer: ResizeObserver | null = null;
    void import('uplot').then(({ default: Plot }) => {
      if (isGone) return;
      const options = chartOptions({
        lines,
        unit,
        height,
        width: element.clientWidth,
        cursorGroup: cursorGroup ?? null,
        isRecent: isRecent ?? false,
        isFromZero: isFromZero ?? false,
        onZoom: (fromMs, toMs) => newest.current.onZoom?.({ fromMs, toMs }),
      });
      const made = new Plot(options, [...newest.current.columns] as uPlot.AlignedData, element);
      chart.current = made;
      feed(made, newest.current);
      observer = new ResizeObserver(() => {
        if (element.clientWidth > 0) made.setSize({ width: element.clientWidth, height });
      });
      observer.observe(element);
    });
    return () => {
      isGone = true;
      observer?.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [lines, unit, height, colours, cursorGroup, isRecent, isFromZero]);

  useEffect(() => {
    if (chart.current !== null) feed(chart.current, newest.current);
  }, [columns, span.fromMs, span.toMs]);

  return (
    <div
      ref={place}
      class="chart"
      role="img"
      aria-label={label}
      style={{ height: `${height}px` }}
    />
  );
}

function feed(chart: uPlot, { columns, span }: TimeChartProps): void {
  chart.batch(() => {
    chart.setData(columns, false);
    chart.setScale('x', { min: span.fromMs / 1000, max: span.toMs / 1000 });
  });
}
