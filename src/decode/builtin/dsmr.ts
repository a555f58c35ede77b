// Telegrams of smart meters' P1 ports: DSMR (Netherlands, Belgium, Luxembourg) and what writes OBIS codes
// in the same way. The device is the meter's own number; tariffs and phases are channels.

import { isSoundTelegram } from '../../core/telegram.ts';
import { parseTimePattern } from '../time-pattern.ts';
import type { BuiltinContext, BuiltinDecoder, BuiltinSink } from './contract.ts';

const linesMax = 500;

interface Measured {
  readonly name: string;
  readonly channel: string;
}

/** By phase: the group C of OBIS counts 20, 40, 60 for L1, L2, L3 (IEC 62056-6-1). */
const phases = [
  [20, 'L1'],
  [40, 'L2'],
  [60, 'L3'],
] as const;

/** Objects of the medium electricity (1-x), by C.D.E. What flows to the grid has its code as channel. */
const electricity = new Map<string, Measured>([
  ['1.7.0', { name: 'power', channel: '' }],
  ['2.7.0', { name: 'power', channel: '2.7.0' }],
  ...['1.8', '2.8'].flatMap((code) =>
    ['0', '1', '2', '3', '4'].map((tariff): [string, Measured] => {
      const channel = `${code}.${tariff}`;
      return [channel, { name: 'energy', channel }];
    }),
  ),
  ...phases.flatMap(([base, phase]): [string, Measured][] => [
    [`${base + 1}.7.0`, { name: 'power', channel: phase }],
    [`${base + 2}.7.0`, { name: 'power', channel: `${phase} 2.7.0` }],
    [`${base + 11}.7.0`, { name: 'current', channel: phase }],
    [`${base + 12}.7.0`, { name: 'voltage', channel: phase }],
  ]),
]);

const object = /^(\d{1,3})-(\d{1,3}):(\d{1,3}\.\d{1,3}\.\d{1,3})(?:\*\d{1,3})?((?:\([^()]*\))*)/;
const quantity = /^(-?\d{1,12}(?:\.\d{1,12})?)\*([A-Za-z0-9]{1,8})$/;
/** W is winter time and S summer time of the Netherlands (DSMR 5.0.2, 6.4), as the meter states it. */
const zones = new Map([
  ['W', 60],
  ['S', 120],
]);
const timestamp = parseTimePattern('YYMMDDhhmmssz', zones);

interface Line {
  readonly medium: string;
  readonly channel: string;
  readonly code: string;
  readonly values: readonly string[];
}

class DsmrDecoder implements BuiltinDecoder {
  decode(payload: Uint8Array, context: BuiltinContext, sink: BuiltinSink): void {
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    const start = bytes.indexOf('/');
    if (start < 0 || !bytes.includes('!', start)) {
      sink.reject('malformed', 'no telegram from / to !');
      return;
    }
    const telegram = bytes.subarray(start);
    if (!isSoundTelegram(telegram)) {
      sink.reject('checksum', 'the CRC16 at the end is wrong or missing');
      return;
    }
    const lines = telegram
      .latin1Slice()
      .split(/\r\n|\r|\n/, linesMax)
      .flatMap((line) => parseLine(line) ?? []);
    const device = meterOf(lines) ?? context.device;
    const timeUs = timeOf(lines.find(({ code, medium }) => medium === '0' && code === '1.0.0'));
    let count = 0;
    for (const line of lines) {
      if (sink.isOver) return;
      if (line.medium === '1') count += emitElectricity(line, device, timeUs, sink);
      else count += emitOther(line, device, sink);
    }
    if (count === 0) sink.drop('no_measurement');
  }
}

function parseLine(text: string): Line | null {
  const match = object.exec(text);
  if (match === null) return null;
  const [, medium = '', channel = '', code = '', groups = ''] = match;
  const values = [...groups.matchAll(/\(([^()]*)\)/g)].map(([, value]) => value ?? '');
  return { medium, channel, code, values };
}

/** The number that the meter gives itself; the plain one of several. */
function meterOf(lines: readonly Line[]): string | undefined {
  const numbers = lines.filter(
    ({ medium, channel, code, values }) =>
      medium === '0' && channel === '0' && code.startsWith('96.1.') && values[0] !== '',
  );
  const plain = numbers.find(({ code }) => code === '96.1.1') ?? numbers[0];
  return plain?.values[0];
}

/** Undefined where there is none, or one without a zone. */
function timeOf(line: Line | undefined): number | undefined {
  const text = line?.values[0];
  if (text === undefined || text === '') return undefined;
  const us = timestamp.parse(text, null);
  return us < 0 ? undefined : us;
}

function emitElectricity(
  { code, values: [text = ''] }: Line,
  device: string,
  timeUs: number | undefined,
  sink: BuiltinSink,
): number {
  const measured = electricity.get(code);
  const match = quantity.exec(text);
  if (measured === undefined || match === null) return 0;
  const time = timeUs === undefined ? {} : { timeUs };
  sink.add({ ...measured, device, value: Number(match[1]), unit: match[2] as string, ...time });
  return 1;
}

/** Gas, heat and water meters on the bus behind (0-n:24.2.1): a time of their own, then the value. */
function emitOther(
  { medium, channel, code, values }: Line,
  device: string,
  sink: BuiltinSink,
): number {
  if (medium !== '0' || channel === '0' || code !== '24.2.1') return 0;
  const [at = '', text = ''] = values;
  const match = quantity.exec(text);
  if (match === null) return 0;
  const us = timestamp.parse(at, null);
  const name = match[2] === 'm3' ? 'volume' : 'energy';
  const time = us < 0 ? {} : { timeUs: us };
  const value = Number(match[1]);
  sink.add({ name, channel: `bus ${channel}`, device, value, unit: match[2] as string, ...time });
  return 1;
}

export function createDsmrDecoder(): BuiltinDecoder {
  return new DsmrDecoder();
}
