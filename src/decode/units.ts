// The one table of metrics and units, so that consumers see a single unit for each metric. A profile
// names the unit the device sends; what it means in the canonical one is decided here and nowhere else.

/** canonical = (value + pre) * mul / div; powers of ten stand in `div` so that 2995 mV is 2.995 V. */
export interface Conversion {
  readonly pre: number;
  readonly mul: number;
  readonly div: number;
}

export interface MetricKind {
  readonly metric: string;
  /** The canonical unit, the only one that consumers see. */
  readonly unit: string;
  readonly dimension: Dimension;
  /** What physics or the definition allows, in the canonical unit; a profile may narrow it. */
  readonly min: number;
  readonly max: number;
}

const same: Conversion = { pre: 0, mul: 1, div: 1 };
const times = (mul: number): Conversion => ({ pre: 0, mul, div: 1 });
const per = (div: number): Conversion => ({ pre: 0, mul: 1, div });

// NIST SP 811 (2008), appendix B.9, for inHg, mmHg, psi, lb, in, ft, mile and knot.
const dimensions = {
  temperature: [
    [same, 'Cel', 'C', '°C', 'degC', '*C', 'ºC', '℃', 'celsius'],
    [{ pre: -32, mul: 5, div: 9 }, 'degF', 'F', '°F', '[degF]', '*F', 'ºF', '℉', 'fahrenheit'],
    [{ pre: -273.15, mul: 1, div: 1 }, 'K', 'kelvin'],
  ],
  humidity: [
    [same, '%RH', '%', 'RH', 'pct', 'percent'],
    [times(100), '1', 'ratio'],
  ],
  share: [
    [same, '%', 'pct', 'percent'],
    [times(100), '1', 'ratio'],
  ],
  pressure: [
    [same, 'hPa', 'mbar', 'mb'],
    [per(100), 'Pa'],
    [times(10), 'kPa'],
    [times(1000), 'bar'],
    [times(33.86389), 'inHg', "[in_i'Hg]"],
    [times(1.333224), 'mmHg', 'torr', 'm[Hg]'],
    [times(68.94757), 'psi'],
    [times(1013.25), 'atm'],
  ],
  voltage: [
    [same, 'V', 'volt', 'volts'],
    [per(1000), 'mV'],
    [per(1_000_000), 'uV', 'µV', 'μV'],
    [times(1000), 'kV'],
  ],
  current: [
    [same, 'A', 'amp', 'ampere'],
    [per(1000), 'mA'],
    [per(1_000_000), 'uA', 'µA', 'μA'],
  ],
  power: [
    [same, 'W', 'watt', 'watts'],
    [per(1000), 'mW'],
    [times(1000), 'kW'],
    [times(1_000_000), 'MW'],
  ],
  apparentPower: [
    [same, 'VA'],
    [times(1000), 'kVA'],
  ],
  reactivePower: [
    [same, 'var', 'VAr'],
    [times(1000), 'kvar', 'kVAr'],
  ],
  energy: [
    [same, 'kWh'],
    [per(1000), 'Wh'],
    [times(1000), 'MWh'],
    [per(3_600_000), 'J'],
    [per(3600), 'kJ'],
    [{ pre: 0, mul: 10, div: 36 }, 'MJ'],
  ],
  fraction: [
    [same, 'ppm'],
    [per(1000), 'ppb'],
    [times(10_000), '%'],
  ],
  traceFraction: [
    [same, 'ppb'],
    [times(1000), 'ppm'],
  ],
  massConcentration: [
    [same, 'ug/m3', 'µg/m³', 'μg/m³', 'µg/m3', 'μg/m3'],
    [times(1000), 'mg/m3', 'mg/m³'],
  ],
  illuminance: [
    [same, 'lx', 'lux'],
    [times(1000), 'klx'],
  ],
  irradiance: [[same, 'W/m2', 'W/m²']],
  signal: [[same, 'dBm']],
  level: [[same, 'dB', 'dBA', 'dB(A)']],
  frequency: [
    [same, 'Hz'],
    [times(1000), 'kHz'],
    [times(1_000_000), 'MHz'],
  ],
  length: [
    [same, 'm', 'meter', 'metre'],
    [per(1000), 'mm'],
    [per(100), 'cm'],
    [times(1000), 'km'],
    [times(0.0254), 'in', 'inch'],
    [times(0.3048), 'ft'],
    [times(1609.344), 'mi', 'mile'],
  ],
  depth: [
    [same, 'mm'],
    [times(10), 'cm'],
    [times(25.4), 'in', 'inch'],
  ],
  speed: [
    [same, 'm/s', 'mps'],
    [{ pre: 0, mul: 10, div: 36 }, 'km/h', 'kmh', 'kph'],
    [times(0.44704), 'mph', 'mi/h'],
    [{ pre: 0, mul: 1852, div: 3600 }, 'kn', 'kt', 'knot'],
  ],
  angle: [[same, 'deg', '°']],
  mass: [
    [same, 'kg'],
    [per(1000), 'g'],
    [times(0.45359237), 'lb', 'lbs'],
  ],
  volume: [
    [same, 'm3', 'm³'],
    [per(1000), 'L', 'l', 'dm3', 'liter', 'litre'],
  ],
  flow: [
    [same, 'm3/h', 'm³/h'],
    [{ pre: 0, mul: 60, div: 1000 }, 'L/min', 'l/min'],
    [per(1000), 'L/h', 'l/h'],
  ],
  duration: [
    [same, 's', 'sec'],
    [per(1000), 'ms'],
    [times(60), 'min'],
    [times(3600), 'h'],
    [times(86_400), 'd'],
  ],
  conductivity: [
    [same, 'uS/cm', 'µS/cm', 'μS/cm'],
    [times(1000), 'mS/cm'],
  ],
  acidity: [[same, 'pH']],
  linkQuality: [[same, 'lqi']],
  number: [[same, '']],
} as const satisfies Record<string, readonly (readonly [Conversion, ...string[]])[]>;

export type Dimension = keyof typeof dimensions;

const endless = Number.POSITIVE_INFINITY;

function kind(metric: string, dimension: Dimension, min = -endless, max = endless): MetricKind {
  return { metric, dimension, min, max, unit: dimensions[dimension][0][1] };
}

export const metricTable: readonly MetricKind[] = [
  kind('temperature', 'temperature', -273.15),
  kind('dew_point', 'temperature', -273.15),
  kind('humidity', 'humidity', 0, 110),
  kind('pressure', 'pressure', 0),
  kind('battery', 'share', 0, 110),
  kind('voltage', 'voltage'),
  kind('current', 'current'),
  kind('power', 'power'),
  kind('apparent_power', 'apparentPower'),
  kind('reactive_power', 'reactivePower'),
  kind('power_factor', 'number', -1.01, 1.01),
  kind('energy', 'energy'),
  kind('frequency', 'frequency', 0),
  kind('co2', 'fraction', 0, 1_000_000),
  kind('voc', 'traceFraction', 0),
  kind('pm1', 'massConcentration', 0),
  kind('pm2_5', 'massConcentration', 0),
  kind('pm10', 'massConcentration', 0),
  kind('illuminance', 'illuminance', 0),
  kind('irradiance', 'irradiance'),
  kind('uv_index', 'number', 0),
  kind('soil_moisture', 'share', 0),
  kind('conductivity', 'conductivity', 0),
  kind('ph', 'acidity', -2, 16),
  kind('noise', 'level'),
  kind('snr', 'level'),
  kind('rssi', 'signal'),
  kind('linkquality', 'linkQuality', 0),
  kind('distance', 'length'),
  kind('rain', 'depth', 0),
  kind('wind_speed', 'speed', 0),
  kind('wind_direction', 'angle', 0, 360),
  kind('weight', 'mass'),
  kind('volume', 'volume'),
  kind('flow', 'flow'),
  kind('duration', 'duration'),
];

const kindByMetric = new Map(metricTable.map((entry) => [entry.metric, entry]));

/** The exact spellings; then any case, null where units of the dimension differ by case alone. */
const conversionsByDimension = new Map<Dimension, ReadonlyMap<string, Conversion | null>>();
for (const [dimension, rows] of Object.entries(dimensions)) {
  const bySpelling = new Map<string, Conversion | null>();
  const byLowerCase = new Map<string, Conversion | null>();
  for (const [conversion, ...spellings] of rows) {
    for (const spelling of spellings) {
      bySpelling.set(spelling, conversion);
      const lower = spelling.toLowerCase();
      const other = byLowerCase.get(lower);
      byLowerCase.set(lower, other === undefined || other === conversion ? conversion : null);
    }
  }
  for (const [lower, conversion] of byLowerCase) {
    if (!bySpelling.has(lower)) bySpelling.set(lower, conversion);
  }
  conversionsByDimension.set(dimension as Dimension, bySpelling);
}

/** The metric's kind, or undefined for a metric of a device's own that the table does not know. */
export function findMetric(metric: string): MetricKind | undefined {
  return kindByMetric.get(metric);
}

/** How a value in `unit` becomes the metric's canonical one; undefined when the unit is no unit of it. */
export function findConversion(kind: MetricKind, unit: string): Conversion | undefined {
  return lookUp(kind, unit) ?? undefined;
}

/** True for "mw", which is a milliwatt or a megawatt. */
export function isAmbiguousUnit(kind: MetricKind, unit: string): boolean {
  return lookUp(kind, unit) === null;
}

function lookUp(kind: MetricKind, unit: string): Conversion | null | undefined {
  const known = conversionsByDimension.get(kind.dimension)!;
  const exact = known.get(unit);
  return exact === undefined ? known.get(unit.toLowerCase()) : exact;
}

/** The spellings a profile may use for the metric's unit, the canonical one first. */
export function unitSpellings(kind: MetricKind): readonly string[] {
  return dimensions[kind.dimension].flatMap(([, ...spellings]) => spellings);
}

/**
 * Converts. What is more than a shift of the point is rounded to 1e-9, for 294.65 K is 21.5 Cel and
 * not 21.500000000000057.
 */
export function convert(value: number, { pre, mul, div }: Conversion): number {
  if (pre === 0 && mul === 1) return value / div;
  const converted = ((value + pre) * mul) / div;
  return Math.abs(converted) < 1e6 ? Math.round(converted * 1e9) / 1e9 : converted;
}
