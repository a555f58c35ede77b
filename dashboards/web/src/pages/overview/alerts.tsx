// What is wrong and what to do about it, the worst first.
import type { JSX } from 'preact';
import type { Alert } from '../../api/answers.ts';
import { gatewayNowMs } from '../../api/connection.ts';
import { durationText } from '../../format/times.ts';
import { icons } from '../../shell/icons.tsx';

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
            <p class="quiet">{alert.remedy}</p>
          </div>
        </li>
      ))}
    </ul>
  );
}
