// What `millpond decode` tells a person about one message.
import { expect, test } from 'vitest';
import { explainMessage } from '../../../src/decode/explain.ts';
import { builtInDecoder, messageOf } from './messages.ts';

function linesOf(topic: string, payload: string) {
  return explainMessage(builtInDecoder(), messageOf(topic, payload)).lines;
}

test('readings, what was left out and the dead letter, each in words', () => {
  const payload =
    '{"Time":"2020-01-01T00:00:00Z","DS18x20":{"DS1":{"Address":"28D0","Temperature":3.8},"DS2":{"Address":"28FF","Temperature":4085.3},"DS3":{"Temperature":null}}}';
  expect(linesOf('tele/esp/SENSOR', payload)).toEqual([
    'profile: tasmota',
    'reading: esp · 28D0 · temperature = 3.8 Cel, 2020-01-01T00:00:00.000Z (clockSuspect)',
    'left out: 1 × null_value (null)',
    'dead letter: out_of_range (outside what is plausible): temperature 4085.3 is not plausible',
  ]);
});

test('no profile is said, and what is foreign is shown escaped', () => {
  expect(linesOf('plant/note', '\u001b[2Jhello')).toEqual([
    'profile: none matches; a number or flat JSON counts all the same',
    'left out: 1 × ignored_field (a field that is no measurement)',
    'dead letter: no_profile (no profile matches the topic, and there is no number to be found): no number in "\\u001b[2Jhello"',
  ]);
});
