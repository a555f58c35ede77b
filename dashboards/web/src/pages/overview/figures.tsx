// Single figures with what they mean: devices, disk, losses.
import type { JSX } from 'preact';
import type { Status } from '../../api/answers.ts';
import { gatewayNowMs } from '../../api/connection.ts';
import { bytesText, countOf, countText } from '../../format/numbers.ts';
import { durationText, fullTimeText } from '../../format/times.ts';
import { routeUrl } from '../../shell/router.ts';

interface FigureProps {
  readonly status: Status;
}

export function DevicesCard({ status }: FigureProps): JSX.Element {
  const { devices, staleDevices } = status;
  return (
    <div class="card is-third">
      <div class="card-head">
        <h2>Devices</h2>
        <a href={routeUrl(['devices'])}>All devices</a>
      </div>
      <p class="figure">
        {countText(devices - staleDevices)}
        <small>
          {devices === 0 ? 'none has spoken yet' : `of ${countText(devices)} talk as usual`}
        </small>
      </p>
      <p class="figure-note">
        {devices === 0 ? (
          <a href={routeUrl(['connect'])}>Connect one</a>
        ) : staleDevices === 0 ? (
          'None is silent for longer than it usually is.'
        ) : (
          <>
            <span class="state is-warning">{countText(staleDevices)} stale</span>{' '}
            <a href={routeUrl(['devices'], { stale: 'true' })}>Which ones</a>
          </>
        )}
      </p>
    </div>
  );
}

export function DiskCard({ status: { disk, streams } }: FigureProps): JSX.Element {
  const used = disk.sizeBytes === 0 ? 0 : 1 - disk.freeBytes / disk.sizeBytes;
  const kept = streams.reduce((sum, { sealedBytes, hotBytes }) => sum + sealedBytes + hotBytes, 0);
  return (
    <div class="card is-third">
      <div class="card-head">
        <h2>Disk</h2>
        <span class="quiet">readings take {bytesText(kept)}</span>
      </div>
      <p class="figure">
        {bytesText(disk.freeBytes)}
        <small>free of {bytesText(disk.sizeBytes)}</small>
      </p>
      <div
        class={`meter ${used > 0.9 ? 'is-high' : ''}`}
        role="img"
        aria-label={`${Math.round(used * 100)} % of the disk is used`}
      >
        <div style={{ width: `${Math.max(1, used * 100)}%` }} />
      </div>
      <p class="figure-note">{lastsText(disk.fullAt)}</p>
    </div>
  );
}

function lastsText(fullAt: string | null): string {
  if (fullAt === null) return 'It does not fill up within a year at the present rate.';
  const leftMs = Date.parse(fullAt) - gatewayNowMs();
  const day = fullTimeText(fullAt).replace(/,.*$/, '');
  return leftMs <= 0 ? 'It is full.' : `Lasts ${durationText(leftMs)} at the present rate: ${day}.`;
}

export function LossesCard({ status: { lost, deadLetters } }: FigureProps): JSX.Element {
  const reasons = Object.entries(lost).filter(([, count]) => count > 0);
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  return (
    <div class="card is-third">
      <div class="card-head">
        <h2>Losses</h2>
        <a href={routeUrl(['losses'])}>All losses</a>
      </div>
      <p class="figure">
        {countText(total)}
        <small>{total === 0 ? 'nothing was lost' : 'lost, all recorded'}</small>
      </p>
      <p class="figure-note">
        {reasons
          .map(([reason, count]) => `${reason.replaceAll('_', ' ')} ${countText(count)}`)
          .join(', ')}
        {reasons.length > 0 && '. '}
        {deadLetters === 0
          ? 'Every message was understood.'
          : `${countOf(deadLetters, 'message was not understood, and is kept as a dead letter', 'messages were not understood, and are kept as dead letters')}. `}
        {deadLetters > 0 && <a href={routeUrl(['dead-letters'])}>Which ones</a>}
      </p>
    </div>
  );
}
