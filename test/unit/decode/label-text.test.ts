// Lines for people: which number is whose, and in what unit.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { labelParser } from '../../../src/decode/label-text.ts';

const parse = labelParser(false);

function fields(text: string) {
  const parsed = parse(text);
  return 'document' in parsed ? { ...(parsed.document as object) } : parsed;
}

test.each([
  ['Humidity: 57.90 %\tTemperature: 22.40 C', { Humidity: '57.90 %', Temperature: '22.40 C' }],
  [
    'Temperature: 23.00 *C 73.40 *F\tHeat index: 22.88 *C 73.19 *F',
    { Temperature: '23.00 *C', 'Heat index': '22.88 *C' },
  ],
  ['Approx. Altitude = 207.06 m', { 'Approx. Altitude': '207.06 m' }],
  ['Sensor 1 : 21.50°C | 70.70F', { 'Sensor 1': '21.50 °C' }],
  ['Temperature -3272.4 Humidity 61.2 ', { Temperature: '-3272.4', Humidity: '61.2' }],
  ['Temp 70.7 degF 21.5 degC', { Temp: '70.7 degF' }],
  ['DHT22 Temp=21.5,Hum=40', { 'DHT22 Temp': '21.5', Hum: '40' }],
  ['Ta=23.6C,Ua=14.2P', { Ta: '23.6 C', Ua: '14.2 P' }],
  ['t: nan h: 40', { t: 'nan', h: '40' }],
])('%s', (text, expected) => {
  expect(fields(text)).toEqual(expected);
});

test('a line without a number behind a label is a dead letter, or left out where chatter is expected', () => {
  expect(parse('Failed to read from DHT')).toMatchObject({ fault: 'wrong_type' });
  expect(parse('-127.00°C ')).toMatchObject({ fault: 'wrong_type' });
  expect(labelParser(true)('DHTxx test!')).toEqual({ ignored: 'no_measurement' });
});

test('two values under one label are ambiguous', () => {
  expect(parse('T: 21.5 C T: 21.6 C')).toMatchObject({ fault: 'wrong_type' });
});

test('any text is answered, in the time of its length', () => {
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => void parse(text)));
  for (const piece of ['a ', '1 ', ' ', ':', 'x1:', '1.', '-', 'T: 1 degC ', 'é']) {
    const text = piece.repeat(65_536 / piece.length);
    const startMs = performance.now();
    parse(text);
    // Quadratic work would take minutes.
    expect(performance.now() - startMs).toBeLessThan(2000);
  }
});
