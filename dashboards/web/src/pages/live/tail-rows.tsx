// The rows of the tail, the newest first. Each device has a mark of its own colour.
import type { JSX } from 'preact';
import type { ReadingEvent } from '../../api/answers.ts';
import type { TailRow } from '../../api/live-tail.ts';
import { numberText } from '../../format/numbers.ts';
import { timeText } from '../../format/times.ts';
import { seriesText, unitText } from '../../format/units.ts';
import { routeUrl } from '../../shell/router.ts';

export function TailRows({ rows }: { readonly rows: readonly TailRow[] }): JSX.Element {
  return (
    <div class="card tail">
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">Came</th>
            <th scope="col">Device</th>
            <th scope="col">Metric</th>
            <th scope="col" class="is-right">
              Value
            </th>
            <th scope="col" class="is-right is-offset">
              Offset
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) =>
            row.kind === 'note' ? (
              <tr key={row.key} class="tail-note">
                <td colSpan={5}>{row.text}</td>
              </tr>
            ) : (
              <Reading key={row.key} reading={row.reading} />
            ),
          )}
        </tbody>
      </table>
    </div>
  );
}

function Reading({ reading }: { readonly reading: ReadingEvent }): JSX.Element {
  const { device, channel, metric, value, unit, quality, receivedAt, offset } = reading;
  return (
    <tr>
      <td class="tail-time">{timeText(receivedAt)}</td>
      <td>
        <span class="tail-mark" style={{ background: colourOf(device) }} />
        <a href={routeUrl(['devices', device])}>{device}</a>
      </td>
      <td>
        {seriesText(channel, metric)}
        {quality !== 'good' && <small class="quiet"> {qualityText(quality)}</small>}
      </td>
      <td class="is-right">
        {typeof value === 'number' ? numberText(value) : (value ?? '')}
        {unit !== '' && <small> {unitText(unit)}</small>}
      </td>
      <td class="is-right is-offset quiet">{offset}</td>
    </tr>
  );
}

const qualities: Readonly<Record<string, string>> = {
  clockSuspect: 'its clock is off',
  retained: 'retained',
  redelivered: 'sent again',
};

function qualityText(quality: string): string {
  return qualities[quality] ?? quality;
}

/** The same for the same name; neighbours in the alphabet are far apart on the circle. */
function colourOf(device: string): string {
  let hash = 0;
  for (const character of device) hash = (hash * 31 + character.codePointAt(0)!) | 0;
  const hue = ((hash >>> 0) * 137.508) % 360;
  return `hsl(${hue.toFixed(0)} 62% 52%)`;
}
