// The first page: is it alive, what goes in and out, how long does the disk last, is anything lost.
import type { JSX } from 'preact';
import type { Status } from '../../api/answers.ts';
import { usePolled } from '../../api/polled.ts';
import { readHistory } from '../../api/resources.ts';
import { countOf, countText } from '../../format/numbers.ts';
import { durationText } from '../../format/times.ts';
import { AnswerProblem } from '../../parts/notes.tsx';
import { useStatus } from '../../shell/status.ts';
import { Alerts } from './alerts.tsx';
import { CommitCard, RatesCard } from './charts.tsx';
import { DevicesCard, DiskCard, LossesCard } from './figures.tsx';
import { headlineOf } from './headline.ts';
import './overview.css';
import { Welcome } from '../../parts/welcome.tsx';
import { ConnectionsCard, StreamsCard } from './streams.tsx';

const HISTORY_INTERVAL_MS = 5_000;

export default function OverviewPage(): JSX.Element {
  const { answer: status, problem } = useStatus();
  const history = usePolled(
    'status/history?range=1h',
    (signal) => readHistory('1h', signal),
    HISTORY_INTERVAL_MS,
  );
  if (status === null) {
    return (
      <section>
        <h1>Overview</h1>
        <AnswerProblem problem={problem} />
      </section>
    );
  }
  const { kind, text } = headlineOf(status);
  return (
    <section>
      <div class="page-head">
        <div>
          <h1 class={`headline is-${kind}`}>{text}</h1>
          <p class="lead">{leadOf(status)}</p>
        </div>
      </div>
      <Alerts alerts={status.alerts} />
      {status.devices === 0 && <Welcome />}
      <div class="cards">
        <RatesCard status={status} history={history.answer} />
        <CommitCard status={status} history={history.answer} />
        <DevicesCard status={status} />
        <DiskCard status={status} />
        <LossesCard status={status} />
        <StreamsCard status={status} />
        <ConnectionsCard status={status} />
      </div>
    </section>
  );
}

function leadOf({ devices, staleDevices, now, startedAt, log }: Status): string {
  const up = durationText(Date.parse(now) - Date.parse(startedAt));
  const parts = [
    devices === 0 ? '' : countOf(devices, 'device'),
    staleDevices > 0 ? `${countText(staleDevices)} silent for longer than usual` : '',
    log.series === 0 ? '' : countOf(log.series, 'series', 'series'),
    `running for ${up}`,
  ];
  return parts.filter(Boolean).join(' · ');
}
