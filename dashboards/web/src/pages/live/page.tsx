// The live tail: readings as they are stored, with filters, a pause, and a mark for each device.
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { StreamStatus } from '../../api/answers.ts';
import { LiveTail, ROWS_MAX, type TailFilter, type TailState } from '../../api/live-tail.ts';
import { useStore } from '../../api/store.ts';
import { countOf, countText } from '../../format/numbers.ts';
import { AnswerProblem, EmptyNote } from '../../parts/notes.tsx';
import type { PageProps } from '../../shell/pages.ts';
import { routeUrl } from '../../shell/router.ts';
import { useStatus } from '../../shell/status.ts';
import { Filters } from './filters.tsx';
import './live.css';
import { TailRows } from './tail-rows.tsx';

const DEFAULT_STREAM = 'readings';
/** What a page that was just opened shows of the past. */
const PAST_ROWS = 50;

export default function LivePage({ route }: PageProps): JSX.Element {
  const { answer: status, problem } = useStatus();
  const filter = {
    stream: route.query.get('stream') ?? '',
    device: route.query.get('device') ?? '',
    metric: route.query.get('metric') ?? '',
  };
  return (
    <section>
      {status === null ? (
        <>
          <h1>Live tail</h1>
          <AnswerProblem problem={problem} />
        </>
      ) : (
        <Tail filter={filter} streams={status.streams} />
      )}
    </section>
  );
}

interface TailProps {
  readonly filter: TailFilter;
  readonly streams: readonly StreamStatus[];
}

function Tail({ filter, streams }: TailProps): JSX.Element {
  const tail = useMemo(
    () => new LiveTail(filter, beginAfter(filter.stream, streams)),
    Object.values(filter),
  );
  useEffect(() => () => tail.close(), [tail]);
  const state = useStore(tail.state);
  const { isPaused, waiting, problem, rows } = state;
  return (
    <>
      <div class="page-head">
        <div>
          <h1>Live tail</h1>
          <p class="lead" role="status">
            {stateText(state)}
          </p>
        </div>
        <div class="tail-actions">
          <button type="button" class="button" onClick={() => tail.clear()}>
            Clear
          </button>
          <button
            type="button"
            class="button is-main"
            aria-pressed={isPaused}
            onClick={() => tail.pause(!isPaused)}
          >
            {isPaused ? 'Go on' : 'Pause'}
          </button>
        </div>
      </div>
      <Filters filter={filter} streams={streams} />
      <AnswerProblem problem={problem} />
      {isPaused && waiting > 0 && (
        <p class="tail-waiting">
          {countOf(waiting, 'more reading')}
          {waiting > ROWS_MAX && `; the newest ${countText(ROWS_MAX)} are kept for you`}
        </p>
      )}
      {rows.length === 0 && problem === null ? (
        <Nothing filter={filter} />
      ) : (
        <TailRows rows={rows} />
      )}
    </>
  );
}

/** Of the newest readings that there are; -1 before the first. */
function beginAfter(name: string, streams: readonly StreamStatus[]): number {
  const stream = streams.find((each) => each.stream === (name || DEFAULT_STREAM));
  if (stream === undefined) return -1;
  const low = Number(stream.lowWatermark);
  return Math.max(low, Number(stream.highWatermark) - PAST_ROWS) - 1;
}

function stateText({ isOpen, isPaused, rows }: TailState): string {
  if (isPaused) return 'Paused. Nothing moves until you go on.';
  if (!isOpen) return 'Not connected; it connects again by itself.';
  const many = rows.length >= ROWS_MAX ? `, the newest ${countText(ROWS_MAX)}` : '';
  return `Following: each reading as soon as it is on disk${many}.`;
}

function Nothing({ filter: { device, metric } }: { readonly filter: TailFilter }): JSX.Element {
  if (device !== '' || metric !== '') {
    return (
      <EmptyNote title="Nothing that fits has come yet">
        <p>
          The filters are patterns for the whole name: <code>hall-*</code> fits <code>hall-1</code>,{' '}
          <code>*temp*</code> fits <code>outdoor_temperature</code>. Case counts.
        </p>
        <div class="actions">
          <a class="button" href={routeUrl(['live'])}>
            Show everything
          </a>
        </div>
      </EmptyNote>
    );
  }
  return (
    <EmptyNote title="No reading has come yet">
      <p>As soon as a device sends one, it stands here.</p>
      <div class="actions">
        <a class="button is-main" href={routeUrl(['connect'])}>
          Connect a device
        </a>
      </div>
    </EmptyNote>
  );
}
