// Who reads: how far behind each is and for how long that goes well. `#/consumers`, and one of them at
// `#/consumers/<stream>/<name>`.
import type { JSX } from 'preact';
import type { Polled } from '../../api/polled.ts';
import { usePolled } from '../../api/polled.ts';
import type { ConsumerPage as Answer, Consumer, Group } from '../../api/reader-answers.ts';
import { readConsumers, readGroups } from '../../api/readers.ts';
import { countOf, countText, rateText } from '../../format/numbers.ts';
import { ageText, durationText } from '../../format/times.ts';
import { AnswerProblem, EmptyNote } from '../../parts/notes.tsx';
import type { PageProps } from '../../shell/pages.ts';
import { routeUrl } from '../../shell/router.ts';
import { ConsumerView } from './consumer-view.tsx';
import './consumers.css';
import { StateOf } from './state-of.tsx';

const INTERVAL_MS = 2_000;

export default function ConsumersPage({ route }: PageProps): JSX.Element {
  const polled = usePolled('consumers', readConsumers, INTERVAL_MS);
  const [, stream, name] = route.parts;
  if (stream !== undefined && name !== undefined) {
    return <ConsumerView key={`${stream}/${name}`} stream={stream} name={name} polled={polled} />;
  }
  return <List polled={polled} />;
}

function List({ polled: { answer, problem } }: { readonly polled: Polled<Answer> }): JSX.Element {
  const groups = usePolled('groups', readGroups, INTERVAL_MS);
  const consumers = (answer?.consumers ?? []).map((each) =>
    each.isGroup ? withStall(each, groups.answer?.groups ?? []) : each,
  );
  return (
    <section>
      <div class="page-head">
        <div>
          <h1>Consumers</h1>
          <p class="lead">{answer === null ? '' : leadOf(consumers)}</p>
        </div>
      </div>
      <AnswerProblem problem={problem} />
      {answer !== null && consumers.length === 0 && <NoConsumers />}
      {answer !== null && consumers.length > 0 && (
        <Table consumers={consumers} nowMs={Date.parse(answer.now)} />
      )}
    </section>
  );
}

function leadOf(consumers: readonly Consumer[]): string {
  const behind = consumers.filter(({ lag }) => lag > 0).length;
  const stalled = consumers.filter(({ stall }) => stall !== null).length;
  const parts = [countOf(consumers.length, 'consumer')];
  if (behind > 0) parts.push(`${countText(behind)} with something to read`);
  if (stalled > 0) parts.push(`${countText(stalled)} not getting on`);
  return parts.join(' · ');
}

/** What holds up a group is known to the group. */
function withStall(consumer: Consumer, groups: readonly Group[]): Consumer {
  const known = groups.find(
    ({ stream, group }) => stream === consumer.stream && group === consumer.consumer,
  );
  if (known === undefined || known.stall === null || known.stalledSince === null) return consumer;
  return { ...consumer, stall: { reason: known.stall, since: known.stalledSince } };
}

interface TableProps {
  readonly consumers: readonly Consumer[];
  readonly nowMs: number;
}

function Table({ consumers, nowMs }: TableProps): JSX.Element {
  const hasStreams = new Set(consumers.map(({ stream }) => stream)).size > 1;
  return (
    <div class="card scroll-x">
      <table class="rows consumers">
        <thead>
          <tr>
            <th scope="col">Consumer</th>
            {hasStreams && (
              <th scope="col" class="is-minor">
                Stream
              </th>
            )}
            <th scope="col" class="is-right">
              Lag
            </th>
            <th scope="col" class="is-right is-minor">
              Oldest unread
            </th>
            <th scope="col" class="is-right is-minor">
              A second
            </th>
            <th scope="col" class="is-right">
              Loses data
            </th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {consumers.map((each) => (
            <tr key={`${each.stream}/${each.consumer}`}>
              <th scope="row">
                <a href={routeUrl(['consumers', each.stream, each.consumer])}>{each.consumer}</a>
                {each.isGroup && <small class="quiet"> group</small>}
              </th>
              {hasStreams && <td class="is-minor">{each.stream}</td>}
              <td class="is-right">{countText(each.lag)}</td>
              <td class="is-right is-minor">
                {each.oldestUnreadAt === null
                  ? '–'
                  : ageText(nowMs - Date.parse(each.oldestUnreadAt))}
              </td>
              <td class="is-right is-minor">{rateText(each.readingsPerSecond)}</td>
              <td class="is-right">{lossText(each, nowMs)}</td>
              <td>
                <StateOf consumer={each} nowMs={nowMs} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** At the present rates; nothing where that is not in sight. */
function lossText({ losesDataAt }: Consumer, nowMs: number): JSX.Element | string {
  if (losesDataAt === null) return '–';
  const leftMs = Date.parse(losesDataAt) - nowMs;
  return (
    <span class="state is-critical">{leftMs <= 0 ? 'now' : `in ${durationText(leftMs)}`}</span>
  );
}

function NoConsumers(): JSX.Element {
  return (
    <EmptyNote title="Nobody has read under a name yet">
      <p>
        A consumer is a program that reads over gRPC and commits how far it is, under a name of its
        own; a group shares the readings among its members. Both show up here with their first
        commit. Until somebody reads, nothing is missed: the log keeps the readings as long as its
        retention says.
      </p>
      <div class="actions">
        <a class="button is-main" href={routeUrl(['connect'])}>
          How to read
        </a>
      </div>
    </EmptyNote>
  );
}
