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

/** Tells two sensors of one kind apart: `outdoor temperature`. */
export function seriesText(channel: string, metric: string): string {
  return channel === '' ? metricText(metric) : `${channel} · ${metricText(metric)}`;
}
