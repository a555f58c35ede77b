// A metric of texts: the state it is in, and those before with how long they lasted.
import type { JSX } from 'preact';
import type { LatestValue } from '../../api/answers.ts';
import { countText } from '../../format/numbers.ts';
import { durationText, timeText } from '../../format/times.ts';
import { seriesText } from '../../format/units.ts';
import type { Span } from '../../parts/span.ts';
import type { DrawnSeries } from './chart-columns.ts';
import { statesOf } from './states.ts';

const shownMax = 40;

interface StatesCardProps {
  readonly series: DrawnSeries;
  readonly latest: LatestValue | undefined;
  readonly span: Span;
}

export function StatesCard({ series, latest, span }: StatesCardProps): JSX.Element {
  const name = seriesText(series.channel, series.metric);
  const states = statesOf(series.texts, span.toMs);
  const shown = states.slice(0, shownMax);
  return (
    <div class="card is-half">
      <div class="card-head">
        <h2>{name}</h2>
        <span class="quiet">{countText(states.length)} states</span>
      </div>
      <p class="figure state-now">{typeof latest?.value === 'string' ? latest.value : ''}</p>
      <section class="states" tabIndex={0} aria-label={`States of ${name}`}>
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Since</th>
              <th scope="col" class="is-right">
                For
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ text, sinceMs, lastedMs }) => (
              <tr key={sinceMs}>
                <td class="state-text">{text}</td>
                <td class="number">{timeText(sinceMs)}</td>
                <td class="is-right">{durationText(lastedMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {states.length > shown.length && (
          <p class="quiet">and {countText(states.length - shown.length)} before</p>
        )}
      </section>
    </div>
  );
}
