// What is wrong and what to do about it, the worst first.
import type { JSX } from 'preact';
import type { Alert } from '../../api/answers.ts';
import { gatewayNowMs } from '../../api/connection.ts';
import { durationText } from '../../format/times.ts';
import { icons } from '../../shell/icons.tsx';
import { pages } from '../../shell/pages.ts';
import { routeUrl } from '../../shell/router.ts';

export function Alerts({ alerts }: { readonly alerts: readonly Alert[] }): JSX.Element | null {
  if (alerts.length === 0) return null;
  const byWeight = [...alerts].sort((a, b) => a.severity.localeCompare(b.severity));
  return (
    <ul class="alerts" aria-label="Alerts">
      {byWeight.map((alert) => (
        <li key={`${alert.code} ${alert.subject}`} class={`alert is-${alert.severity}`}>
          {icons[alert.severity]}
          <div>
            <p>
              <strong>{alert.severity === 'critical' ? 'Critical' : 'Warning'}</strong>
              {alert.subject !== '' && <span class="alert-subject">{alert.subject}</span>}
              {alert.since !== null && (
                <span class="quiet">
                  for {durationText(gatewayNowMs() - Date.parse(alert.since))}
                </span>
              )}
            </p>
            <p class="alert-message">{alert.message}</p>
            <p class="quiet">
              {alert.remedy} <AlertLink code={alert.code} />
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}

/** The pages where more is to be seen, by the alert's code. */
const places: Readonly<Record<string, { readonly path: string; readonly stale?: string }>> = {
  consumer_loses_data: { path: 'consumers' },
  consumer_stalled: { path: 'consumers' },
  dead_letters: { path: 'dead-letters' },
  devices_silent: { path: 'devices', stale: 'true' },
  group_stalled: { path: 'consumers' },
  losses: { path: 'losses' },
};

function AlertLink({ code }: { readonly code: string }): JSX.Element | null {
  const place = places[code];
  const page = pages.find(({ path }) => path === place?.path);
  if (place === undefined || page === undefined) return null;
  return <a href={routeUrl([place.path], { stale: place.stale ?? '' })}>{page.title}</a>;
}
