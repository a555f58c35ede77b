// The options of one serial port, an entry of the list `serial`.

import { z } from 'zod';
import { checksumKinds } from '../core/checksum.ts';
import {
  choice,
  duration,
  number,
  setting,
  settingNeeded,
  size,
  text,
  textOrNone,
} from './option.ts';

const PORTS_MAX = 64;
const SLAVES_MAX = 247;
const REGISTERS_MAX = 1000;

export const framingKinds = [
  'lines',
  'nmea',
  'dsmr',
  'fixed',
  'delimiter',
  'length-prefixed',
  'cobs',
  'slip',
  'modbus-rtu',
  'file',
] as const;

const hexBytes = {
  pattern: /^([0-9A-Fa-f]{2}){1,16}$/,
  range: 'hex digits of 1 to 16 bytes',
  expected: 'two hex digits for each of 1 to 16 bytes, in quotes, as "AA55"',
};

const name = {
  pattern: /^[^\p{Cc}\p{Zl}\p{Zp}]{1,128}$/u,
  range: 'a name',
  expected: 'a name of 1 to 128 characters',
};

const frame = z.strictObject({
  bytesMax: size({
    byDefault: '8KiB',
    min: '16B',
    max: '64KiB',
    why: 'The longest frame. Of a longer one the first part becomes a dead letter and the rest is skipped.',
  }),
  idle: duration({
    byDefault: '0ms',
    min: '0ms',
    max: '1m',
    why: 'A silence of so long ends a line, for devices that send no line end; in fixed and length-prefixed frames it means that the next byte begins a frame. 0 is never, and 1 s for those two.',
  }),
  ending: choice(
    ['any', 'cr', 'lf', 'crlf'],
    'any',
    'lines: what ends a line. any takes CR, LF and CRLF.',
  ),
  length: setting({
    unit: 'bytes',
    byDefault: 1,
    min: 1,
    max: 65_536,
    why: 'fixed: the length of a frame, start and checksum included.',
  }),
  delimiter: textOrNone({
    ...hexBytes,
    why: 'delimiter: the bytes that end a frame, as hex digits.',
  }),
  start: textOrNone({
    ...hexBytes,
    why: 'fixed and length-prefixed: the bytes that every frame begins with. Without them only silence tells where a frame begins.',
  }),
  lengthBytes: setting({
    unit: 'bytes',
    byDefault: 1,
    min: 1,
    max: 2,
    why: 'length-prefixed: the size of the length field, which follows start.',
  }),
  lengthOrder: choice(
    ['big', 'little'],
    'big',
    'length-prefixed: which byte of a length of two comes first.',
  ),
  lengthAdds: number(
    0,
    'length-prefixed: what must be added to the length field to get the bytes between it and the checksum; -2 where it counts itself, too.',
  ),
  checksum: choice(
    ['none', ...checksumKinds],
    'none',
    'The checksum at the end of a binary frame. It is taken off when it is right; a frame with a wrong one is a dead letter.',
  ),
  checksumOrder: choice(
    ['little', 'big'],
    'little',
    'Which byte of a checksum of two comes first.',
  ),
});

const register = z.strictObject({
  function: choice(
    ['holding', 'input', 'coil', 'discrete'],
    'holding',
    'Which table it is in: holding is function 3, input 4, coil 1, discrete 2.',
  ),
  address: settingNeeded({
    min: 0,
    max: 65_535,
    why: 'As in the telegram, from 0. What a manual calls 40001 or 30001 is 0.',
  }),
  type: choice(
    ['uint16', 'int16', 'uint32', 'int32', 'float32', 'bit'],
    'uint16',
    'What the registers hold; those of 32 bits take two. Coils and discrete inputs are bits.',
  ),
  wordOrder: choice(['big', 'little'], 'big', 'Of two registers, big has the upper half first.'),
  metric: text({ ...name, why: 'What is measured, as in a profile.' }),
  unit: textOrNone({ ...name, why: 'What the device counts in. Left out: the metric’s own unit.' }),
  channel: textOrNone({ ...name, why: 'Tells two values of one metric apart.' }),
  scale: number(1, 'value × scale + offset, before the unit is converted.'),
  offset: number(0, 'See scale.'),
});

const slave = z.strictObject({
  slave: settingNeeded({ min: 1, max: 247, why: 'Its address on the bus.' }),
  device: textOrNone({ ...name, why: 'The device’s name. Left out: <name>:<slave>.' }),
  registers: z
    .array(register)
    .min(1)
    .max(REGISTERS_MAX)
    .describe('What is read; neighbours are read together.'),
});

const port = z.strictObject({
  path: text({
    pattern: /^\/[^\0]{1,1023}$/,
    range: 'a path',
    expected: 'an absolute path, as /dev/serial/by-id/usb-…',
    why: 'The port. A name under /dev/serial/by-id stays the same whichever socket it is plugged into. With framing: file, a file, each part of its path a glob with * and ?.',
  }),
  name: textOrNone({
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/,
    range: 'a name',
    expected: 'a name of 1 to 96 letters, digits, dots, dashes and underscores',
    why: 'The readings’ source is serial:<name>; devices that do not name themselves are called so. Left out: the last part of the path.',
  }),
  baudRate: setting({
    unit: 'baud',
    byDefault: 9600,
    min: 50,
    max: 12_000_000,
    why: 'The most common one; the device’s manual names it.',
  }),
  dataBits: setting({ unit: 'bits', byDefault: 8, min: 5, max: 8, why: 'Bits of a character.' }),
  parity: choice(['none', 'even', 'odd'], 'none', 'The parity bit.'),
  stopBits: setting({ unit: 'bits', byDefault: 1, min: 1, max: 2, why: 'Stop bits.' }),
  framing: choice(
    framingKinds,
    'lines',
    'How bytes become messages; docs/serial.md tells which one is whose. modbus-rtu polls slaves; file reads files, such as those of 1-wire sensors.',
  ),
  frame: frame.prefault({}).describe('What the framing must know.'),
  profile: textOrNone({
    pattern: /^[a-z0-9][a-z0-9_-]{0,63}$/,
    range: 'a profile’s name',
    expected: 'the name of a profile, as arduino',
    why: 'How messages become readings. Left out: plain numbers and flat JSON are understood.',
  }),
  interval: duration({
    byDefault: '10s',
    min: '50ms',
    max: '1d',
    why: 'modbus-rtu and file: the time from one round to the next.',
  }),
  timeout: duration({
    byDefault: '1s',
    min: '10ms',
    max: '1m',
    why: 'modbus-rtu: how long a slave may take to answer.',
  }),
  slaves: z.array(slave).max(SLAVES_MAX).prefault([]).describe('modbus-rtu: whom to poll.'),
});

export const serial = z
  .array(port)
  .max(PORTS_MAX)
  .prefault([])
  .describe(
    `Serial ports, and files that are polled; at most ${PORTS_MAX}. \`millpond ports\` lists what there is. A port that is not there does not keep the gateway from starting.`,
  );

export type SerialOptions = z.output<typeof port>;
