// What a unit alone says of what is measured. Protocols with names of a person's choice and units of a
// standard (SenML, Sparkplug's engUnit) often say it by the unit: `t1` in Cel is a temperature.

import { nameMetricCached } from '../metric-names.ts';
import { findConversion } from '../units.ts';

// Units that stand for one metric only. `m`, `s`, `%` or `kg` may be anything's; `C` and `F` are a
// coulomb and a farad to SenML.
const metricByUnit = new Map<string, string>([
  ...named('temperature', 'Cel', 'K', '°C', '℃', 'degC', '°F', '℉', 'degF'),
  ...named('humidity', '%RH'),
  ...named('pressure', 'Pa', 'hPa', 'kPa', 'bar', 'mbar', 'inHg', 'mmHg', 'psi'),
  ...named('battery', '%EL'),
  ...named('voltage', 'V', 'mV', 'kV'),
  ...named('current', 'A', 'mA'),
  ...named('power', 'W', 'kW'),
  ...named('apparent_power', 'VA', 'kVA'),
  ...named('reactive_power', 'var', 'kvar'),
  ...named('energy', 'J', 'Wh', 'kWh', 'MWh'),
  ...named('frequency', 'Hz', 'MHz'),
  ...named('illuminance', 'lx', 'lux'),
  ...named('irradiance', 'W/m2', 'W/m²'),
  ...named('conductivity', 'S/m', 'uS/cm', 'µS/cm'),
  ...named('ph', 'pH'),
  ...named('latitude', 'lat'),
  ...named('longitude', 'lon'),
]);

function named(metric: string, ...units: string[]): [string, string][] {
  return units.map((unit) => [unit, metric]);
}

export interface UnitNamed {
  /** To be looked up as a key would be. */
  readonly name: string;
  /** Undefined where the name's own part (`outTemp`) tells apart, or nothing has to. */
  readonly channel: string | undefined;
  /** Left out where the metric has no unit in the table. */
  readonly unit: string | undefined;
}

/**
 * The name decides where it is known and the unit is one of its metric; else the unit where it can.
 * `unit` is undefined where none was sent.
 */
export function nameByUnit(name: string, unit: string | undefined): UnitNamed {
  const { kind } = nameMetricCached(name);
  if (unit === undefined || unit === '') return { name, channel: undefined, unit: undefined };
  if (kind !== null && findConversion(kind, unit) !== undefined) {
    return { name, channel: undefined, unit };
  }
  const metric = metricByUnit.get(unit);
  if (metric === undefined)
    return { name, channel: undefined, unit: kind === null ? undefined : unit };
  const known = nameMetricCached(metric).kind;
  return {
    name: metric,
    channel: name === metric ? undefined : name,
    unit: known === null ? undefined : unit,
  };
}
