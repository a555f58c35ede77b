// Units as they are written on a scale, and metrics as words.

const symbols: Readonly<Record<string, string>> = {
  Cel: '°C',
  '%RH': '% RH',
  'ug/m3': 'µg/m³',
  'W/m2': 'W/m²',
  deg: '°',
  m3: 'm³',
  'm3/h': 'm³/h',
  'uS/cm': 'µS/cm',
};

export function unitText(unit: string): string {
  return symbols[unit] ?? unit;
}

/** `battery_voltage` and `batteryVoltage` are `battery voltage`. */
export function metricText(metric: string): string {
  return metric.replace(/[_-]+/g, ' ').replace(/([a-z0-9])([A-Z])/g, (_, before, after) => {
    return `${before} ${after.toLowerCase()}`;
  });
}

/** The channel tells two sensors of one kind apart: `temperature · outdoor`. */
export function seriesText(channel: string, metric: string): string {
  return channel === '' ? metricText(metric) : `${metricText(metric)} · ${channel}`;
}

const first = ['temperature', 'humidity', 'pressure', 'co2', 'power', 'energy'];
const last = ['battery', 'battery_voltage', 'voltage', 'linkquality', 'rssi', 'snr', 'uptime'];

interface Named {
  readonly channel: string;
  readonly metric: string;
}

/** What a sensor is there for comes first, how it does itself last, the rest by name between. */
export function byInterest<Series extends Named>(series: readonly Series[]): Series[] {
  const rank = ({ metric }: Series): number => {
    if (first.includes(metric)) return first.indexOf(metric) - first.length;
    return last.indexOf(metric) + 1;
  };
  return [...series].sort((a, b) => {
    return (
      rank(a) - rank(b) || a.metric.localeCompare(b.metric) || a.channel.localeCompare(b.channel)
    );
  });
}
