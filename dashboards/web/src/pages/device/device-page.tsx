// One device: what it says now, its course over time as charts and states, and downloads of that.
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { seriesLimits } from '../../../../../src/core/series-points.ts';
import type { Device, LatestValue } from '../../api/answers.ts';
import { Problem } from '../../api/client.ts';
import { gatewayNowMs } from '../../api/connection.ts';
import { usePolled } from '../../api/polled.ts';
import { readDevice } from '../../api/resources.ts';
import { countOf } from '../../format/numbers.ts';
import { ageText, durationText } from '../../format/times.ts';
import { byInterest } from '../../format/units.ts';
import { AnswerProblem, EmptyNote } from '../../parts/notes.tsx';
import type { Span } from '../../parts/span.ts';
import { icons } from '../../shell/icons.tsx';
import { type Route, replaceRoute, routeUrl } from '../../shell/router.ts';
import { type DrawnSeries, emptySeries } from './chart-columns.ts';
import './device.css';
import { MetricCard } from './metric-card.tsx';
import { useSeriesOfView } from './series-of-view.ts';
import { StatesCard } from './states-card.tsx';
import { Toolbar } from './toolbar.tsx';
import { moved, type View, viewOf, viewQuery, zoomed } from './view.ts';

const DEVICE_INTERVAL_MS = 3_000;
const PAN_PART = 0.25;
const ZOOM_IN = 0.5;
const viewsMax = 50;
/** Of a device with more, one metric is shown. */
const { seriesMax } = seriesLimits;

interface DevicePageProps {
  readonly device: string;
  readonly route: Route;
}

export function DevicePage({ device, route }: DevicePageProps): JSX.Element {
  const told = usePolled(
    `devices/${device}`,
    (signal) => readDevice(device, signal),
    DEVICE_INTERVAL_MS,
  );
  const firstSeen = told.answer?.firstSeen;
  const knownMs = useRef<number | undefined>(undefined);
  if (firstSeen !== undefined) knownMs.current ??= gatewayNowMs() - Date.parse(firstSeen);
  const view = viewOf(route.query, knownMs.current);
  const all = told.answer?.latest ?? [];
  const hasMany = all.length > seriesMax;
  const metrics = hasMany ? metricsOf(all) : [];
  const chosen = route.query.get('metric');
  const metric = chosen ?? metrics[0] ?? null;
  const latest = hasMany ? all.filter((value) => value.metric === metric) : all;
  const isKnown = told.answer !== null;
  const shown = useSeriesOfView({ device, metric, isKnown }, view);
  const { span, bucketMs } = shown;
  // What said nothing in this time keeps its card, and with it the keyboard's place.
  const silent = latest
    .map(emptySeries)
    .filter(({ key }) => !shown.series.some((one) => one.key === key));
  const series = byInterest([...shown.series, ...silent]).slice(0, seriesMax);
  const earlier = useRef<View[]>([]);

  const show = (next: View, ofMetric = chosen ?? ''): void =>
    replaceRoute(routeUrl(['devices', device], { ...viewQuery(next), metric: ofMetric }));
  const zoomTo = (next: Span): void => {
    earlier.current = [...earlier.current, view].slice(-viewsMax);
    show({ kind: 'fixed', ...next });
  };
  const steps: Record<string, () => void> = {
    '+': () => zoomTo(zoomed(span, ZOOM_IN, gatewayNowMs())),
    '-': () => zoomTo(zoomed(span, 1 / ZOOM_IN, gatewayNowMs())),
    ArrowLeft: () => zoomTo(moved(span, -PAN_PART, gatewayNowMs())),
    ArrowRight: () => zoomTo(moved(span, PAN_PART, gatewayNowMs())),
    Backspace: () => {
      const before = earlier.current.pop();
      if (before !== undefined) show(before);
      else if (view.kind === 'fixed') show(viewOf(new URLSearchParams()));
    },
  };
  steps['='] = steps['+']!;
  steps.Escape = steps.Backspace!;

  if (told.problem instanceof Problem && told.problem.status === 404) {
    return (
      <section>
        <Head device={device} told={null} />
        <EmptyNote title="There is no such device">
          <p>Nothing of this name has spoken to this gateway, or its name is written otherwise.</p>
          <div class="actions">
            <a class="button" href={routeUrl(['devices'])}>
              Show all devices
            </a>
          </div>
        </EmptyNote>
      </section>
    );
  }
  return (
    <section>
      <Head device={device} told={told.answer} />
      <Toolbar
        device={device}
        view={view}
        span={span}
        isFollowed={shown.isFollowed}
        canGoBack={earlier.current.length > 0 || view.kind === 'fixed'}
        onRange={(next) => {
          earlier.current = [];
          show(next);
        }}
        onStep={(name) => steps[name]?.()}
      />
      {hasMany && (
        <div class="filters">
          <label>
            <span>
              Metric, one of {metrics.length}; in all {countOf(all.length, 'series', 'series')}
            </span>
            <select
              class="field"
              value={metric ?? ''}
              onChange={(event) => show(view, event.currentTarget.value)}
            >
              {metrics.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        </div>
      )}
      <AnswerProblem problem={told.problem ?? shown.problem} />
      {shown.answer !== null && shown.series.length === 0 && (
        <EmptyNote title="It said nothing in this time">
          <p>
            {told.answer === null
              ? 'Choose a longer span above.'
              : `It was last heard ${ageText(gatewayNowMs() - Date.parse(told.answer.lastSeen))}. Choose a longer span above.`}
          </p>
        </EmptyNote>
      )}
      <div
        class={`cards charts ${shown.answer === null ? 'is-loading' : ''}`}
        onKeyDown={(event) => {
          const step = steps[event.key];
          if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          step();
        }}
      >
        {series.map((each) => {
          const now = latest.find(
            ({ channel, metric }) => channel === each.channel && metric === each.metric,
          );
          return isOfTexts(each, now) ? (
            <StatesCard key={each.key} series={each} latest={now} span={span} />
          ) : (
            <MetricCard
              key={each.key}
              series={each}
              latest={now}
              span={span}
              bucketMs={bucketMs}
              isAlone={series.length === 1}
              onZoom={zoomTo}
            />
          );
        })}
      </div>
    </section>
  );
}

function metricsOf(latest: readonly LatestValue[]): string[] {
  return [...new Set(byInterest(latest).map(({ metric }) => metric))];
}

/** By what came in the span; before that is known, by the latest value. */
function isOfTexts({ texts, numbers }: DrawnSeries, latest: LatestValue | undefined): boolean {
  if (texts.length === 0 && numbers.length === 0) return typeof latest?.value === 'string';
  return texts.length > numbers.length;
}

function Head({ device, told }: { device: string; told: Device | null }): JSX.Element {
  return (
    <div class="page-head">
      <div>
        <a class="up" href={routeUrl(['devices'])}>
          {icons.back}
          Devices
        </a>
        <h1 class="device-title">
          {device}
          {told !== null && (
            <span class={`state ${told.stale ? 'is-warning' : 'is-good'}`}>
              {told.stale ? 'Stale' : 'Talks as usual'}
            </span>
          )}
        </h1>
        <p class="lead device-facts">{told === null ? ' ' : factsOf(told)}</p>
      </div>
    </div>
  );
}

function factsOf({ lastSeen, usualIntervalMs, profile, readings, firstSeen }: Device): string {
  const now = gatewayNowMs();
  const facts = [
    `heard ${ageText(now - Date.parse(lastSeen))}`,
    usualIntervalMs === null ? '' : `speaks every ${durationText(usualIntervalMs)}`,
    countOf(readings, 'reading'),
    `known for ${durationText(now - Date.parse(firstSeen))}`,
    profile === null || profile === '' ? '' : `profile ${profile}`,
  ];
  return facts.filter(Boolean).join(' · ');
}
