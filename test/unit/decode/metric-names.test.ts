// Names that devices choose, and the metric that can be told from them with confidence.
import { expect, test } from 'vitest';
import { nameMetric, nameMetricCached } from '../../../src/decode/metric-names.ts';

test.each([
  ['temperature', 'temperature', ''],
  ['Temperature', 'temperature', ''],
  ['temp', 'temperature', ''],
  ['hum', 'humidity', ''],
  ['temperature_F', 'temperature', ''],
  ['outTemp_F', 'temperature', 'outTemp'],
  ['barometer_inHg', 'pressure', ''],
  ['battery_V', 'voltage', ''],
  ['battery_voltage', 'voltage', ''],
  ['inverter0_power_demand', 'power', 'inverter0_power_demand'],
  ['living-room-temperature', 'temperature', 'living-room-temperature'],
  ['temp1', 'temperature', 'temp1'],
  ['tempC', 'temperature', ''],
  ['current-temperature', 'temperature', 'current-temperature'],
  ['humidity_1', 'humidity', 'humidity_1'],
  ['current_l1', 'current', 'current_l1'],
] as const)('%s is %s', (name, metric, channel) => {
  expect(nameMetric(name)).toMatchObject({ metric, channel });
});

test.each([
  'power_outage_count',
  'battery_low',
  'occupied_heating_setpoint',
  'temperature_alarm',
  'setpoint_C',
  'temperature_offset',
  'soil',
  'id',
  '__proto__',
  'constructor',
  'template',
])('%s is only itself, without a unit', (name) => {
  expect(nameMetric(name)).toEqual({ metric: name, channel: '', kind: null, conversion: null });
});

test('the unit in a name’s end converts', () => {
  expect(nameMetric('temperature_F').conversion).toEqual({ pre: -32, mul: 5, div: 9 });
  expect(nameMetric('battery_mV').conversion).toEqual({ pre: 0, mul: 1, div: 1000 });
  expect(nameMetric('temperature').conversion).toBeNull();
  // A number beside the name counts the sensors; it is not the unit "1".
  expect(nameMetric('humidity_1').conversion).toBeNull();
});

test('a unit anywhere in a name is never overlooked', () => {
  const fahrenheit = { pre: -32, mul: 5, div: 9 };
  for (const name of [
    'tempF',
    'temperatureF',
    'outTempF',
    'temperature_f_0',
    'temp-f-1',
    'room fahrenheit temp',
  ]) {
    expect([name, nameMetric(name).conversion]).toEqual([name, fahrenheit]);
  }
  expect(nameMetric('power_kw_total').conversion).toEqual({ pre: 0, mul: 1000, div: 1 });
  expect(nameMetric('power_mW').conversion).toEqual({ pre: 0, mul: 1, div: 1000 });
  // Milliwatt or megawatt: nobody can tell, so it stays what it is.
  expect(nameMetric('power_mw').kind).toBeNull();
});

test('names without end do not fill the memory', () => {
  for (let index = 0; index < 20_000; index += 1) nameMetricCached(`name${index}`);
  expect(nameMetricCached('temperature').metric).toBe('temperature');
});
