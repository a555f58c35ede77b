// One consumer: its lag over time, what holds it up, and of a group the members and what went round
// again.
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { gatewayNowMs } from '../../api/connection.ts';
import { type Polled, usePolled } from '../../api/polled.ts';
import type { Consumer, ConsumerPage, LagCourse } from '../../api/reader-answers.ts';
import { readLags } from '../../api/readers.ts';
import { countOf, countText, rateText } from '../../format/numbers.ts';
import { ageText, durationText, timeText } from '../../format/times.ts';
import type { Line } from '../../parts/chart-options.ts';
import { AnswerProblem, EmptyNote } from '../../parts/notes.tsx';
import { TimeChart } from '../../parts/time-chart.tsx';
import { routeUrl } from '../../shell/router.ts';
import { GroupCards } from './group-cards.tsx';
import { StateOf } from './state-of.tsx';

const HISTORY_INTERVAL_MS = 10_000;
const HOUR_MS = 3_600_000;
const CHART_HEIGHT = 220;
const ranges = [
  { text: '1 h', range: '1h', ms: HOUR_MS },
  { text: '6 h', range: '6h', ms: 6 * HOUR_MS },
  { text: '24 h', range: '24h', ms: 24 * HOUR_MS },
] as const;
const lines: readonly Line[] = [{ name: 'lag', colour: 1, kind: 'line' }];

interface ViewProps {
  readonly stream: string;
  readonly name: string;
  readonly polled: Polled<ConsumerPage>;
}

export function ConsumerView({ stream, name, polled }: ViewProps): JSX.Element {
  const { answer, problem } = polled;
  const consumer = answer?.consumers.find(
    (each) => each.stream === stream && each.consumer === name,
  );
  const nowMs = Date.parse(answer?.now ?? '');
  return (
    <section>
      <div class="page-head">
        <div>
          <h1>{name}</h1>
          <p class="lead">
            {consumer?.isGroup ? 'A group' : 'A consumer'} of <strong>{stream}</strong> ·{' '}
            <a href={routeUrl(['consumers'])}>all consumers</a>
          </p>
        </div>
      </div>
      <AnswerProblem problem={problem} />
      {answer !== null && consumer === undefined && (
        <EmptyNote title="There is no such consumer">
          <p>It may have been deleted, or has not committed yet.</p>
        </EmptyNote>
      )}
      {consumer !== undefined && (
        <div class="cards">
          <LagCard consumer={consumer} />
          <Facts consumer={consumer} nowMs={nowMs} />
          {consumer.isGroup && <GroupCards stream={stream} group={name} nowMs={nowMs} />}
        </div>
      )}
    </section>
  );
}

function LagCard({ consumer }: { readonly consumer: Consumer }): JSX.Element {
  const [chosen, choose] = useState<(typeof ranges)[number]>(ranges[0]);
  const { answer } = usePolled(
    `lags/${chosen.range}`,
    (signal) => readLags(chosen.range, signal),
    HISTORY_INTERVAL_MS,
  );
  const course = answer?.find(
    (each) => each.stream === consumer.stream && each.consumer === consumer.consumer,
  );
  const columns = useMemo(() => columnsOf(course), [course]);
  const toMs = gatewayNowMs();
  return (
    <div class="card is-wide">
      <div class="card-head">
        <h2>Lag</h2>
        <div class="segments">
          {ranges.map((each) => (
            <button
              type="button"
              key={each.range}
              aria-pressed={each === chosen}
              onClick={() => choose(each)}
            >
              {each.text}
            </button>
          ))}
        </div>
      </div>
      <p class="figure">
        {countText(consumer.lag)}
        <small>{consumer.lag === 1 ? 'reading' : 'readings'}</small>
      </p>
      <TimeChart
        label={`Lag of ${consumer.consumer} over ${chosen.text}; now ${countOf(consumer.lag, 'reading')}`}
        columns={columns}
        lines={lines}
        unit="readings"
        span={{ fromMs: toMs - chosen.ms, toMs }}
        height={CHART_HEIGHT}
        isRecent
        isFromZero
      />
    </div>
  );
}

function columnsOf(course: LagCourse | undefined): [number[], number[]] {
  const points = course?.points ?? [];
  return [points.map(({ time }) => Date.parse(time) / 1000), points.map(({ lag }) => lag)];
}

function Facts({ consumer, nowMs }: { consumer: Consumer; nowMs: number }): JSX.Element {
  const { oldestUnreadAt, losesDataAt } = consumer;
  const leftMs = losesDataAt === null ? null : Date.parse(losesDataAt) - nowMs;
  return (
    <div class="card is-third">
      <div class="card-head">
        <h2>Now</h2>
        <StateOf consumer={consumer} nowMs={nowMs} />
      </div>
      <dl class="facts">
        <dt>Oldest unread came</dt>
        <dd>{oldestUnreadAt === null ? '–' : ageText(nowMs - Date.parse(oldestUnreadAt))}</dd>
        <dt>Moves, readings a second</dt>
        <dd>{rateText(consumer.readingsPerSecond)}</dd>
        <dt>Loses data</dt>
        <dd>
          {leftMs === null
            ? 'not in sight'
            : leftMs <= 0
              ? 'now'
              : `in ${durationText(leftMs)}, if nothing changes`}
        </dd>
        <dt>Retention waits for it</dt>
        <dd>{consumer.isProtected ? 'yes' : 'no'}</dd>
        <dt>Next offset</dt>
        <dd>{consumer.nextOffset}</dd>
        <dt>Committed</dt>
        <dd>{timeText(consumer.committedAt)}</dd>
        {!consumer.isGroup && (
          <>
            <dt>Subscriptions open</dt>
            <dd>{countText(consumer.subscriptions)}</dd>
          </>
        )}
      </dl>
    </div>
  );
}
