// Units that stand in topics of their own: remembered for the values, converted, and never made up.
import { describe, expect, test } from 'vitest';
import { parseProfile } from '../../../src/decode/parse-profile.ts';
import { ToldUnits } from '../../../src/decode/told-units.ts';
import { builtInDecoder, messageOf, summaryOf } from './messages.ts';

const homie = 'homie/car/engine/temperature';
const homie5 = 'homie/5/d1/stat/current-temperature';
const home = 'homeassistant/sensor/hall_temperature';

function descriptionOf(unit: string): string {
  return JSON.stringify({ nodes: { stat: { properties: { 'current-temperature': { unit } } } } });
}

/** What comes of each message, in order, by one decoder. */
function decodeAll(...messages: [topic: string, payload: string][]) {
  const decoder = builtInDecoder();
  return messages.map(([topic, payload]) => summaryOf(decoder.decode(messageOf(topic, payload))));
}

describe.each([
  ['Homie 4', `${homie}/$unit`, '°F', homie, 'car|engine'],
  ['Homie 5', 'homie/5/d1/$description', descriptionOf('°F'), homie5, 'd1|stat'],
  [
    'statestream',
    `${home}/unit_of_measurement`,
    '"\\u00b0F"',
    `${home}/state`,
    'hall_temperature|',
  ],
])('%s', (_, unitTopic, unit, topic, series) => {
  test('a value has the unit that was told, in the metric’s own', () => {
    const [told, value] = decodeAll([unitTopic, unit], [topic, '70.7']);
    expect(told).toEqual({ readings: [], dropped: ['no_measurement'], deadLetter: null });
    expect(value?.readings).toEqual([`${series}|temperature=21.5 Cel`]);
  });

  test('before it was told there is none, and nothing is converted', () => {
    expect(decodeAll([topic, '70.7'])[0]?.readings).toEqual([`${series}|temperature=70.7`]);
  });

  test('a unit that the metric cannot have is none', () => {
    const [, value] = decodeAll([unitTopic, unit.replace(/°F|\\u00b0F/, 'kWh')], [topic, '70.7']);
    expect(value).toEqual({
      readings: [`${series}|temperature=70.7`],
      dropped: [],
      deadLetter: null,
    });
  });
});

test('the last unit told counts, and it is that of its own topic', () => {
  const decoded = decodeAll(
    [`${homie}/$unit`, '°F'],
    [`${homie}/$unit`, '°C'],
    ['homie/car/cabin/temperature/$unit', '°F'],
    [homie, '21.5'],
    ['homie/car/cabin/temperature', '70.7'],
  );
  expect(decoded.slice(3).map(({ readings }) => readings)).toEqual([
    ['car|engine|temperature=21.5 Cel'],
    ['car|cabin|temperature=21.5 Cel'],
  ]);
});

test('what has no unit, or one in the payload, needs none told', () => {
  const decoded = decodeAll(
    ['homie/car/sun/uv_index', '3'],
    [homie, '70.7 °F'],
    ['homie/car/$stats/battery', '80'],
  );
  expect(decoded.map(({ readings }) => readings)).toEqual([
    ['car|sun|uv_index=3'],
    ['car|engine|temperature=21.5 Cel'],
    ['car||battery=80 %'],
  ]);
});

test('texts that are no units are not remembered', () => {
  const decoded = decodeAll(
    [`${home}/unit_of_measurement`, '{"a":1}'],
    [`${home}/unit_of_measurement`, '21'],
    [`${homie}/$unit`, 'C'.repeat(65)],
    [homie, '1e300'],
  );
  expect(decoded.at(-1)?.readings).toEqual(['car|engine|temperature=1e+300']);
});

test('what is remembered stays within its limits, and what is asked for stays longest', () => {
  const units = new ToldUnits({ topicsMax: 100, charactersMax: 1000 });
  for (let index = 0; index < 1000; index += 1) {
    units.tell(`topic/${index}`, 'Cel');
    units.tell('topic/asked', 'degF');
    expect(units.of('topic/asked')).toBe('degF');
    expect(units.size).toBeLessThanOrEqual(100);
  }
  expect(units.of('topic/999')).toBe('Cel');
  expect(units.of('topic/0')).toBeUndefined();
});

test.each([
  ['readings: [{ metric: temperature, of: a }]', 'need one another'],
  ['readings: [{ type: unit }]', 'need one another'],
  ['readings: [{ type: unit, of: a, metric: temperature }]', 'a unit has no metric'],
  ['readings: [{ type: unit, of: "{b}" }]', 'neither the topic nor the path captures'],
])('%s is refused', (readings, problem) => {
  const yaml = `profile: x\nmatch: ["x/{device}"]\nformat: number\n${readings}\n`;
  expect(JSON.stringify(parseProfile(yaml, 'x.yaml'))).toContain(problem);
});
