// From a name that a device chose (a JSON key, a topic's last level) to the metric of the table, where
// that can be said with confidence: `temp`, `outTemp_F`, `pressure_kPa`, `inverter0_power_demand`.

import { nameLengthMax } from './names.ts';
import type { Conversion, MetricKind } from './units.ts';
import { findConversion, findMetric, isAmbiguousUnit, metricTable } from './units.ts';

export interface NamedMetric {
  readonly metric: string;
  /** The name as it was where it says more than the metric (`outTemp`), else empty. */
  readonly channel: string;
  /** Null for a metric that the table does not know; it then has no unit. */
  readonly kind: MetricKind | null;
  /** From the unit in the name's end, null where it has none: the canonical unit is assumed. */
  readonly conversion: Conversion | null;
}

const aliases: Readonly<Record<string, readonly string[]>> = {
  temperature: ['temp', 'tmp', 'tempc', 'temperatur'],
  dew_point: ['dewpoint', 'dew'],
  humidity: ['hum', 'humi', 'rh', 'relative_humidity', 'relativehumidity', 'humid'],
  pressure: ['press', 'pres', 'baro', 'barometer', 'barometric_pressure', 'air_pressure'],
  battery: ['batt', 'bat', 'battery_level', 'battery_percent', 'batterylevel', 'soc'],
  voltage: ['volt', 'volts', 'vbat', 'vcc', 'battery_voltage'],
  current: ['amps', 'amperage'],
  power: ['watt', 'watts', 'active_power', 'act_power', 'apower'],
  apparent_power: ['apparentpower', 'aprt_power'],
  reactive_power: ['reactivepower'],
  power_factor: ['powerfactor', 'pf'],
  energy: ['kwh', 'consumption'],
  frequency: ['freq', 'ac_frequency'],
  co2: ['eco2', 'carbon_dioxide'],
  voc: ['tvoc'],
  pm2_5: ['pm25', 'pm2.5'],
  illuminance: ['lux', 'light', 'luminosity', 'illumination', 'illuminance_lux', 'brightness_lux'],
  irradiance: ['solar_radiation', 'solarradiation'],
  uv_index: ['uv', 'uvi', 'uvindex'],
  soil_moisture: ['soilmoisture'],
  noise: ['sound', 'noise_level'],
  rssi: ['signal_strength'],
  linkquality: ['lqi', 'link_quality'],
  rain: ['rainfall', 'precipitation'],
  wind_speed: ['windspeed'],
  wind_direction: ['winddirection', 'wind_dir', 'winddir'],
};

const kindByName = new Map<string, MetricKind>();
for (const kind of metricTable) {
  kindByName.set(kind.metric, kind);
  for (const alias of aliases[kind.metric] ?? []) kindByName.set(alias, kind);
}

/** One word of a longer name that decides its metric. Short aliases are too easily something else. */
const telling = new Map<string, MetricKind>(
  [
    ['temperature', 'temperature'],
    ['temp', 'temperature'],
    ['humidity', 'humidity'],
    ['pressure', 'pressure'],
    ['barometer', 'pressure'],
    ['battery', 'battery'],
    ['voltage', 'voltage'],
    ['current', 'current'],
    ['power', 'power'],
    ['energy', 'energy'],
    ['co2', 'co2'],
    ['illuminance', 'illuminance'],
    ['rssi', 'rssi'],
    ['frequency', 'frequency'],
  ].map(([word, metric]) => [word!, findMetric(metric!)!]),
);

/** Most names tell nothing: they are known by having no telling word in them, before they are split. */
const mayTell = new RegExp([...telling.keys()].join('|'), 'i');

/** Words beside which a telling word means a setting, a count or a state and not the measurement. */
const misleading = new Set(
  `age alarm alert apparent average avg calibration charge charging coefficient comfort config count
  counter cycles delay delta demand_limit desired deviation error errors external factor failure fault
  feels heating id index interval last limit low max maximum min minimum mode month normalized number
  offset ok on outage period point preset reactive reset rise saving schedule set setpoint setting
  source state status step target threshold time trend type upper version warning week`
    .split(/\s+/)
    .filter((word) => word !== ''),
);
const suffix = /^(.+)_([^_\d][^_]{0,7})$/;

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+|(?<=[a-z]{3})(?=\d)/)
    .filter((word) => word !== '');
}

function findWhole(name: string): MetricKind | undefined {
  return kindByName.get(name.toLowerCase().replaceAll('-', '_'));
}

/** "battery_voltage" is a voltage, and the "current-temperature" of a thermostat no current. */
function givesWay(weak: MetricKind, to: MetricKind): boolean {
  if (weak.metric === 'battery') return to.metric !== 'battery';
  return weak.metric === 'current' && (to.metric === 'temperature' || to.metric === 'humidity');
}

/** The metric that one of the words names, when no other word contradicts it. */
function findTelling(words: readonly string[]): MetricKind | undefined {
  let found: MetricKind | undefined;
  for (const word of words) {
    if (misleading.has(word)) return undefined;
    const kind = telling.get(word);
    if (kind === undefined) continue;
    if (found === undefined || givesWay(found, kind)) found = kind;
    else if (kind !== found && !givesWay(kind, found)) return undefined;
  }
  return found;
}

/** `outTemp_F`, `battery_mV`: the unit in its own spelling behind the last underscore. */
function nameWithSuffix(name: string): NamedMetric | undefined {
  const parts = suffix.exec(name);
  if (parts === null) return undefined;
  const [, base, unit] = parts as unknown as [string, string, string];
  const whole = findWhole(base);
  const found = whole ?? (mayTell.test(base) ? findTelling(wordsOf(base)) : undefined);
  if (found === undefined) return undefined;
  const voltage = findMetric('voltage')!;
  for (const kind of found.metric === 'battery' ? [found, voltage] : [found]) {
    const conversion = findConversion(kind, unit);
    if (conversion === undefined) continue;
    return { metric: kind.metric, channel: whole === undefined ? base : '', kind, conversion };
  }
  return undefined;
}

/** `tempF`, `temperature_f_0`: a unit among the words counts too, or the value would be taken for another. */
function nameByWords(name: string): NamedMetric | undefined {
  if (!mayTell.test(name)) return undefined;
  const words = wordsOf(name);
  const kind = findTelling(words);
  if (kind === undefined) return undefined;
  let conversion: Conversion | null = null;
  for (const word of words) {
    if (/^\d+$/.test(word)) continue;
    if (isAmbiguousUnit(kind, word)) return undefined;
    const found = findConversion(kind, word);
    if (found === undefined) continue;
    if (conversion !== null && conversion !== found) return undefined;
    conversion = found;
  }
  return { metric: kind.metric, channel: name, kind, conversion };
}

/** Never fails: a name that tells nothing is the metric's name itself, blanks made underscores. */
export function nameMetric(name: string): NamedMetric {
  if (name.length > nameLengthMax) return ownName(name);
  const kind = findWhole(name);
  if (kind !== undefined) return { metric: kind.metric, channel: '', kind, conversion: null };
  return nameWithSuffix(name) ?? nameByWords(name) ?? ownName(name);
}

function ownName(name: string): NamedMetric {
  return { metric: name.trim().replaceAll(' ', '_'), channel: '', kind: null, conversion: null };
}

const cacheMax = 4096;
const cache = new Map<string, NamedMetric>();

/** nameMetric, remembered for the names that come again; forgets all when names never stop being new. */
export function nameMetricCached(name: string): NamedMetric {
  const known = cache.get(name);
  if (known !== undefined) return known;
  const named = nameMetric(name);
  if (name.length <= 64) {
    if (cache.size >= cacheMax) cache.clear();
    cache.set(name, named);
  }
  return named;
}
