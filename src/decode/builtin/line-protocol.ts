// InfluxDB's line protocol, several lines a message: the device is one of the tags, the rest of them and
// the measurement tell its channels apart. The argument is the precision of the times: ns, us, ms, s, or
// nothing, when their magnitude tells.

import type { TimeForm } from '../device-time.ts';
import { parseEpoch, timeUnusable } from '../device-time.ts';
import { nameMetricCached } from '../metric-names.ts';
import { quote } from '../names.ts';
import { parseDecimal } from '../number-text.ts';
import { readText } from '../payload-text.ts';
import type { BuiltinDecoder, BuiltinSink } from './contract.ts';
import type { Line, LineField } from './line-scanner.ts';
import { forEachLine, scanLine } from './line-scanner.ts';

/** Of the tags that are there the first of these is the device, else the first tag, else the measurement. */
const deviceTags =
  `device device_id deviceid dev_eui deveui sensor sensor_id sensorid node node_id id mac
  name host hostname location room`.split(/\s+/);
const linesMax = 1000;

const forms = new Map<string, TimeForm>([
  ['ns', 'ns'],
  ['us', 'us'],
  ['ms', 'ms'],
  ['s', 's'],
]);

/** Nanoseconds have more digits than a number keeps; the last three are cut from the text. */
function timeOf(digits: string, precision: TimeForm | undefined): number | undefined {
  if (digits === '') return undefined;
  const isNano = precision === 'ns' || (precision === undefined && digits.length >= 18);
  if (!isNano) return parseEpoch(Number(digits), precision ?? 'auto');
  return digits.length > 3 ? parseEpoch(Number(digits.slice(0, -3)), 'us') : timeUnusable;
}

interface Subject {
  readonly device: string;
  /** Empty where the device is the measurement itself. */
  readonly channel: string;
}

function subjectOf({ measurement, tags }: Line): Subject {
  if (tags.length === 0) return { device: measurement, channel: '' };
  let best = 0;
  let bestRank = deviceTags.length;
  for (const [index, [key]] of tags.entries()) {
    const rank = deviceTags.indexOf(key.toLowerCase());
    if (rank >= 0 && rank < bestRank) [best, bestRank] = [index, rank];
  }
  const others = tags.filter((_tag, index) => index !== best).map(([, value]) => plain(value));
  return { device: tags[best]![1], channel: [plain(measurement), ...others].join('/') };
}

/** A slash parts the steps of a channel; `path=/` of a disk is `_`. */
function plain(text: string): string {
  const name = text.replaceAll('/', '_');
  return name === '.' || name === '..' ? '_' : name;
}

const booleans = /^(?:t|f|true|false)$/i;
const integer = /^([+-]?\d+)[iu]$/;

/** Null: it makes no reading, and the sink knows why. */
function fieldValueOf(
  { key, value, isText }: LineField,
  sink: BuiltinSink,
): number | string | null {
  if (isText) return value;
  if (booleans.test(value)) {
    sink.drop('no_measurement');
    return null;
  }
  const read = parseDecimal(integer.exec(value)?.[1] ?? value);
  if (read.kind === 'dropped') {
    sink.drop(read.reason);
    return null;
  }
  if (read.kind === 'number' && read.unit === '') return read.value;
  sink.reject('invalid_number', `line protocol: ${quote(key)} is ${quote(value)}`);
  return null;
}

function emitLine(line: Line, precision: TimeForm | undefined, sink: BuiltinSink): void {
  const { device, channel } = subjectOf(line);
  const timeUs = timeOf(line.time, precision);
  for (const field of line.fields) {
    if (sink.isOver) return;
    const value = fieldValueOf(field, sink);
    if (value === null) continue;
    // `outTemp` and `inTemp` are both temperatures, so the field's own name has to be of the channel.
    const own = nameMetricCached(field.key).channel;
    const full = channel === '' || own === '' ? channel || own : `${channel}/${plain(own)}`;
    sink.add({
      name: field.key,
      value,
      device,
      channel: full,
      timeUs,
    });
  }
}

export function createLineProtocolDecoder(): BuiltinDecoder {
  return {
    decode(payload, { argument }, sink) {
      const text = readText(payload);
      if (text === null) {
        sink.reject('invalid_utf8', 'the payload is not UTF-8');
        return;
      }
      const precision = forms.get(argument);
      let count = 0;
      forEachLine(text, (written) => {
        count += 1;
        if (count > linesMax) {
          sink.reject('too_many_readings', `more than ${linesMax} lines`);
          return false;
        }
        const line = scanLine(written);
        if (line === null) sink.reject('malformed', `line protocol: ${quote(written)}`);
        else emitLine(line, precision, sink);
        return !sink.isOver;
      });
    },
  };
}
