// One device in the list: its name, its latest values, the last hour, when it was last heard.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Device, LatestValue } from '../../api/answers.ts';
import { gatewayNowMs } from '../../api/connection.ts';
import { countText, numberText } from '../../format/numbers.ts';
import { ageText } from '../../format/times.ts';
import { byInterest, seriesText, unitText } from '../../format/units.ts';
import { Sparkline } from '../../parts/sparkline.tsx';
import { routeUrl } from '../../shell/router.ts';
import { keptSpark, type Spark, wishSpark } from './sparks.ts';

const valuesMax = 3;

interface DeviceRowProps {
  readonly device: Device;
  readonly index: number;
  readonly rowCount: number;
  readonly rowHeight: number;
}

export function DeviceRow({ device, index, rowCount, rowHeight }: DeviceRowProps): JSX.Element {
  const { device: name, profile, stale, lastSeen, firstSeen, series } = device;
  const latest = byInterest(device.latest);
  const shown = latest.slice(0, valuesMax);
  const more = series - shown.length;
  return (
    <li
      class="device-row"
      aria-posinset={index + 1}
      aria-setsize={rowCount}
      style={{ transform: `translateY(${index * rowHeight}px)`, height: `${rowHeight}px` }}
    >
      <a href={routeUrl(['devices', name])} data-index={index}>
        <span class="device-name">
          <span>{name}</span>
          {profile !== null && profile !== '' && <small>{profile}</small>}
        </span>
        <span class="device-values">
          {shown.map((value) => (
            <Value
              key={`${value.channel} ${value.metric}`}
              value={value}
              isAlone={latest.filter(({ metric }) => metric === value.metric).length === 1}
            />
          ))}
          {more > 0 && <span class="quiet">and {countText(more)} more</span>}
        </span>
        <span class="device-spark">
          <LastHour device={name} firstSeen={firstSeen} latest={latest} />
        </span>
        <span class={`device-seen ${stale ? 'is-stale' : ''}`}>
          {stale && <span class="state is-warning">Stale</span>}
          <span class="number">{ageText(gatewayNowMs() - Date.parse(lastSeen))}</span>
        </span>
      </a>
    </li>
  );
}

interface ValueProps {
  readonly value: LatestValue;
  /** No other channel has this metric, so its name says enough. */
  readonly isAlone: boolean;
}

function Value({ value: { channel, metric, unit, value }, isAlone }: ValueProps): JSX.Element {
  return (
    <span class="device-value">
      <small>{seriesText(isAlone ? '' : channel, metric)}</small>
      <span class="number">
        {typeof value === 'number' ? numberText(value) : value}
        {unit !== '' && <small> {unitText(unit)}</small>}
      </span>
    </span>
  );
}

interface LastHourProps {
  readonly device: string;
  readonly firstSeen: string;
  readonly latest: readonly LatestValue[];
}

function LastHour({ device, firstSeen, latest }: LastHourProps): JSX.Element | null {
  const first = latest.find(({ value }) => typeof value === 'number');
  const channel = first?.channel ?? '';
  const metric = first?.metric ?? '';
  const question = { device, firstSeen, channel, metric };
  const [spark, setSpark] = useState<Spark | null>(() => keptSpark(question));
  const measured = first?.measuredAt;
  useEffect(() => {
    if (metric === '') return;
    return wishSpark(question, setSpark);
  }, [device, channel, metric, measured]);
  return spark === null ? null : <Sparkline {...spark} />;
}
