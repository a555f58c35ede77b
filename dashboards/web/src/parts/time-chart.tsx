// A chart over time: one uPlot while it is on the screen, made anew when its lines or the theme
// change, fed when the data do. A device with a hundred metrics draws the few that are seen.
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { useStore } from '../api/store.ts';
import { shownTheme } from '../shell/theme.ts';
import { chartOptions, type Line } from './chart-options.ts';
import type { Span } from './span.ts';

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

const RETRY_MS = 2_000;

export function TimeChart(props: TimeChartProps): JSX.Element {
  const { label, columns, lines, unit, span, height, cursorGroup, isRecent, isFromZero } = props;
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const newest = useRef(props);
  newest.current = props;
  const colours = useStore(shownTheme);

  const isSeen = useIsSeen(place);

  useEffect(() => {
    const element = place.current!;
    if (!isSeen) return;
    let isGone = false;
    let observer: ResizeObserver | null = null;
    let timer = 0;
    const draw = ({ default: Plot }: { readonly default: typeof uPlot }): void => {
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
    };
    // The connection may be lost before the first chart was ever drawn.
    const load = (): void => {
      import('uplot').then(draw, () => {
        if (!isGone) timer = window.setTimeout(load, RETRY_MS);
      });
    };
    load();
    return () => {
      isGone = true;
      clearTimeout(timer);
      observer?.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [lines, unit, height, colours, cursorGroup, isRecent, isFromZero, isSeen]);

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

/** So far from the screen a chart is drawn already. */
const NEAR = '300px';

function useIsSeen(place: { readonly current: HTMLElement | null }): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => setSeen(entries.at(-1)?.isIntersecting ?? false),
      { rootMargin: NEAR },
    );
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  return isSeen;
}

function feed(chart: uPlot, { columns, span }: TimeChartProps): void {
  chart.batch(() => {
    chart.setData(columns, false);
    chart.setScale('x', { min: span.fromMs / 1000, max: span.toMs / 1000 });
  });
}
