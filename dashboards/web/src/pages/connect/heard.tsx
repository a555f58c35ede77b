// The devices that spoke last: whoever connects one sees here at once that it worked.
import type { JSX } from 'preact';
import { gatewayNowMs } from '../../api/connection.ts';
import { usePolled } from '../../api/polled.ts';
import { readDevices } from '../../api/resources.ts';
import { numberText } from '../../format/numbers.ts';
import { ageText } from '../../format/times.ts';
import { seriesText, unitText } from '../../format/units.ts';
import { routeUrl } from '../../shell/router.ts';

const INTERVAL_MS = 1_500;
const shownMax = 4;

export function Heard(): JSX.Element | null {
  const { answer } = usePolled(
    'devices heard last',
    (signal) => readDevices({ sort: 'lastSeen', limit: shownMax }, signal),
    INTERVAL_MS,
  );
  if (answer === null) return null;
  const { devices } = answer;
  return (
    <div class="card heard">
      <p role="status">
        {devices.length === 0 ? (
          <span class="state is-warning">Waiting for the first reading</span>
        ) : (
          <span class="state is-good">We just heard from</span>
        )}
      </p>
      <ul>
        {devices.map(({ device, lastSeen, latest }) => {
          const newest = [...latest].sort((a, b) => b.receivedAt.localeCompare(a.receivedAt))[0];
          return (
            <li key={device}>
              <a href={routeUrl(['devices', device])}>{device}</a>
              {newest !== undefined && (
                <span class="number heard-value">
                  {seriesText(newest.channel, newest.metric)}{' '}
                  {typeof newest.value === 'number' ? numberText(newest.value) : newest.value}{' '}
                  {unitText(newest.unit)}
                </span>
              )}
              <span class="quiet number">{ageText(gatewayNowMs() - Date.parse(lastSeen))}</span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
