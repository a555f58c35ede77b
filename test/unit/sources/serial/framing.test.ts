// Framings: the same frames for every chunking, never beyond the limit, sound again after noise.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeChecksum } from '../../../../src/core/checksum.ts';
import type { SerialFraming } from '../../../../src/core/serial-config.ts';
import type { DiscardReason, Framing } from '../../../../src/sources/serial/framing/contract.ts';
import { createFraming } from '../../../../src/sources/serial/framing/create-framing.ts';

const bytesMax = 64;
const none = new Uint8Array();
const limits = { bytesMax, idleMs: 0 };
const crc = { kind: 'crc16-modbus', order: 'little' } as const;

const framings: Record<string, SerialFraming> = {
  lines: { ...limits, kind: 'lines', ending: 'any' },
  'lines that end with CR': { ...limits, kind: 'lines', ending: 'cr' },
  'lines that end with LF': { ...limits, kind: 'lines', ending: 'lf' },
  'lines that end with CRLF': { ...limits, kind: 'lines', ending: 'crlf' },
  'lines that end with silence': { ...limits, idleMs: 50, kind: 'lines', ending: 'any' },
  'a delimiter': { ...limits, kind: 'delimiter', delimiter: Buffer.from('aab'), checksum: null },
  COBS: { ...limits, kind: 'cobs', checksum: null },
  'COBS with a checksum': { ...limits, kind: 'cobs', checksum: crc },
  SLIP: { ...limits, kind: 'slip', checksum: crc },
  'a fixed length': { ...limits, kind: 'fixed', length: 5, start: none, checksum: null },
  'a fixed length behind a mark': {
    ...limits,
    kind: 'fixed',
    length: 6,
    start: Buffer.from([0xaa, 0x55]),
    checksum: { kind: 'sum8', order: 'little' },
  },
  'a length in front': {
    ...limits,
    kind: 'length-prefixed',
    lengthBytes: 1,
    lengthOrder: 'little',
    lengthAdds: 0,
    start: Buffer.from([0xaa]),
    checksum: crc,
  },
  'a length of two bytes, unmarked': {
    ...limits,
    kind: 'length-prefixed',
    lengthBytes: 2,
    lengthOrder: 'big',
    lengthAdds: -2,
    start: none,
    checksum: null,
  },
  NMEA: { ...limits, kind: 'nmea', isChecksumRequired: true },
  DSMR: { ...limits, kind: 'dsmr' },
};

const named = Object.entries(framings);

function read(framing: SerialFraming) {
  const frames: string[] = [];
  const discarded: Record<DiscardReason, number> = { noise: 0, cut: 0, too_long: 0 };
  let longest = 0;
  const reader = createFraming(framing, {
    frame(bytes, fault) {
      longest = Math.max(longest, bytes.length);
      frames.push(`${fault ?? 'sound'} ${Buffer.from(bytes).toString('latin1')}`);
    },
    discarded(bytes, reason) {
      expect(bytes).toBeGreaterThan(0);
      discarded[reason] += bytes;
    },
  });
  return { reader, frames, discarded, longest: () => longest };
}

/** A silence is one of the inputs, since a framing may heed it. */
type Input = Uint8Array | 'silence';

function feed(framing: Framing, inputs: readonly Input[]): void {
  for (const input of inputs) {
    if (input === 'silence') framing.silence();
    else framing.push(input);
  }
}

/** Bytes that mean something to one framing or another are as likely as all the others. */
const anyByte = fc.oneof(
  fc.nat({ max: 255 }),
  fc.constantFrom(0x00, 0x0a, 0x0d, 0xc0, 0xdb, 0xdc, 0xdd, 0xaa, 0x55, 0x61, 0x62),
  fc.constantFrom(0x24, 0x21, 0x2a, 0x2f, 0x30, 0x46, 0x01, 0x02, 0x03),
);

const sum = (body: string) => computeChecksum('xor8', Buffer.from(body)).toString(16);
const soundBytes: Record<string, Uint8Array> = {
  text: Buffer.from('T=21.5\r\n'),
  nmea: Buffer.from(`$WIMTW,1,C*${sum('WIMTW,1,C').padStart(2, '0')}\r\n`),
  marked: Buffer.from([0xaa, 0x55, 1, 2, 3, 0x05]),
  sized: Buffer.from([0xaa, 2, 7, 9, 0xfa, 0x35]),
};

const anyInputs = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.array(anyByte, { maxLength: 90 }).map((bytes) => Uint8Array.from(bytes)),
    },
    { weight: 2, arbitrary: fc.constantFrom(...Object.values(soundBytes)) },
    { weight: 1, arbitrary: fc.constant('silence' as const) },
  ),
  { maxLength: 12 },
);

describe.each(named)('%s', (_name, framing) => {
  test('gives the same frames however the bytes are cut up, and accounts for all it sets aside', () => {
    fc.assert(
      fc.property(anyInputs, fc.infiniteStream(fc.nat({ max: 20 })), (inputs, sizes) => {
        const whole = read(framing);
        feed(whole.reader, inputs);
        const pieces = inputs.flatMap((input): Input[] => {
          if (input === 'silence') return [input];
          const cut: Input[] = [];
          for (let from = 0; from < input.length; ) {
            const size = 1 + (sizes.next().value as number);
            cut.push(input.subarray(from, from + size));
            from += size;
          }
          return cut;
        });
        const cutUp = read(framing);
        feed(cutUp.reader, pieces);
        whole.reader.restart(false);
        cutUp.reader.restart(false);
        expect(cutUp.frames).toEqual(whole.frames);
        expect(cutUp.discarded).toEqual(whole.discarded);
        expect(whole.longest()).toBeLessThanOrEqual(bytesMax);
      }),
      { numRuns: 120 },
    );
  });

  test('stays within its limit for ever, and reads on when there is sense again', () => {
    const { reader, frames, longest } = read(framing);
    const noise = Buffer.alloc(100_000, 'T');
    for (let round = 0; round < 2; round += 1) reader.push(noise);
    expect(longest()).toBeLessThanOrEqual(bytesMax);
    expect(frames.length).toBeLessThanOrEqual(noise.length);
    reader.restart(false);
    const before = frames.length;
    fc.assert(
      fc.property(fc.array(anyByte, { maxLength: 300 }), (bytes) => {
        reader.push(Uint8Array.from(bytes));
      }),
      { numRuns: 50 },
    );
    expect(longest()).toBeLessThanOrEqual(bytesMax);
    expect(frames.length).toBeGreaterThanOrEqual(before);
  });

  test('hands out nothing of a frame that the port’s end cuts', () => {
    for (const bytes of Object.values(soundBytes)) {
      for (let length = 1; length < bytes.length; length += 1) {
        const { reader, frames } = read(framing);
        reader.push(bytes.subarray(0, length));
        const count = frames.length;
        reader.restart(true);
        reader.restart(false);
        expect(frames.length).toBe(count);
      }
    }
  });
});

function framesOf(framing: SerialFraming, ...inputs: (string | Input)[]): string[] {
  const { reader, frames } = read(framing);
  feed(
    reader,
    inputs.map((input) =>
      typeof input === 'string' && input !== 'silence' ? Buffer.from(input, 'latin1') : input,
    ) as Input[],
  );
  return frames;
}

function kind(name: string): SerialFraming {
  return framings[name] as SerialFraming;
}

test('any of CR, LF and CRLF ends a line; empty lines are none', () => {
  expect(framesOf(kind('lines'), 'a\rb\nc\r\n\r\n\n\rd')).toEqual([
    'sound a',
    'sound b',
    'sound c',
  ]);
  expect(framesOf(kind('lines that end with CRLF'), 'a\rb\nc\r\r\nd\r\n')).toEqual([
    'sound a\rb\nc\r',
    'sound d',
  ]);
  expect(framesOf(kind('lines that end with CR'), 'a\nb\r')).toEqual(['sound a\nb']);
});

test('the NULs of an adapter that was reset are no part of a line', () => {
  expect(framesOf(kind('lines'), '\0\0a\0b\n')).toEqual(['sound a\0b']);
});

test('silence ends a line only where the config says so', () => {
  expect(framesOf(kind('lines that end with silence'), 'a b', 'silence')).toEqual(['sound a b']);
  expect(framesOf(kind('lines'), 'a b', 'silence')).toEqual([]);
});

test('a line beyond the limit is handed over once, as a fault, and the next one is sound', () => {
  const { reader, frames, discarded } = read(kind('lines'));
  reader.push(Buffer.from(`${'T'.repeat(70_000)}\r\nT: 1\r\n`));
  expect(frames).toEqual([`frame_too_long ${'T'.repeat(bytesMax)}`, 'sound T: 1']);
  expect(discarded).toEqual({ noise: 0, cut: 0, too_long: 70_000 - bytesMax });
});

test('in the middle of a stream nothing is a frame before the first boundary', () => {
  const lines = read(kind('lines'));
  lines.reader.restart(true);
  lines.reader.push(Buffer.from('1.5\n22.5\n'));
  expect(lines.frames).toEqual(['sound 22.5']);
  expect(lines.discarded.cut).toBe(3);
  const fixed = read(kind('a fixed length'));
  fixed.reader.restart(true);
  fixed.reader.push(Buffer.from('45123451234'));
  fixed.reader.silence();
  fixed.reader.push(Buffer.from('12345'));
  expect(fixed.frames).toEqual(['sound 12345']);
});

test('a delimiter is found where its own beginning stands before it', () => {
  expect(framesOf(kind('a delimiter'), 'xaaabyaabaab1aacaab')).toEqual([
    'sound xa',
    'sound y',
    'sound 1aac',
  ]);
});

// The examples of Cheshire and Baker's coding as Wikipedia lists them.
test('COBS puts the zeros back', () => {
  const cobs = kind('COBS');
  const frames = (...bytes: number[]) =>
    framesOf(cobs, Uint8Array.from(bytes)).map((frame) =>
      Buffer.from(frame.replace('sound ', ''), 'latin1').toString('hex'),
    );
  expect(frames(1, 1, 0)).toEqual(['00']);
  expect(frames(1, 2, 0x11, 1, 0)).toEqual(['001100']);
  expect(frames(3, 0x11, 0x22, 2, 0x33, 0)).toEqual(['11220033']);
  expect(framesOf(cobs, Uint8Array.from([9, 1, 0, 2, 0x61, 0]))).toEqual([
    'frame_invalid \x09\x01',
    'sound a',
  ]);
});

test('SLIP puts END and ESC back', () => {
  const slip: SerialFraming = { ...limits, kind: 'slip', checksum: null };
  const bytes = [0xc0, 0x61, 0xdb, 0xdc, 0xdb, 0xdd, 0xc0, 0x62, 0xdb, 0x63, 0xc0, 0x64, 0xc0];
  expect(framesOf(slip, Uint8Array.from(bytes))).toEqual([
    'sound a\xc0\xdb',
    'frame_invalid b\xdbc',
    'sound d',
  ]);
});

test('a mark in noise costs no frame behind it', () => {
  const marked = kind('a fixed length behind a mark');
  const sound = soundBytes.marked as Uint8Array;
  expect(framesOf(marked, Uint8Array.from([0xaa, 0x55, 9]), sound, sound)).toEqual([
    'checksum \xaa\x55\x09\xaa\x55\x01',
    'sound \xaa\x55\x01\x02\x03',
    'sound \xaa\x55\x01\x02\x03',
  ]);
});

test('the bytes between the length and the checksum are handed over', () => {
  const body = Buffer.from([0xaa, 2, 7, 9]);
  const stated = Buffer.alloc(2);
  stated.writeUInt16LE(computeChecksum('crc16-modbus', body));
  const frame = Buffer.concat([body, stated]);
  expect(framesOf(kind('a length in front'), 'xx', frame, frame)).toEqual([
    'sound \x07\x09',
    'sound \x07\x09',
  ]);
  expect(framesOf(kind('a length of two bytes, unmarked'), '\0\x04ab\0\x03c')).toEqual([
    'sound ab',
    'sound c',
  ]);
});

test('the rest of a frame that silence cuts is set aside', () => {
  expect(framesOf(kind('a fixed length'), '123', 'silence', '12345')).toEqual(['sound 12345']);
});

test('an NMEA sentence is found behind noise and held against its checksum', () => {
  const sound = '$WIXDR,C,23.4,C,0,H,65,P,0*50';
  const nmea = kind('NMEA');
  expect(framesOf(nmea, `\0\xff${sound}\r\n$WIXDR,C,2${sound}\n`)).toEqual([
    `sound ${sound}`,
    `sound ${sound}`,
  ]);
  const wrong = sound.replace('23.4', '28.4');
  expect(framesOf(nmea, `${wrong}\r\n`)).toEqual([`checksum ${wrong}`]);
  expect(framesOf(nmea, '$SDMTW,18.2,C\r\n')).toEqual(['checksum $SDMTW,18.2,C']);
  const lenient: SerialFraming = { ...limits, kind: 'nmea', isChecksumRequired: false };
  expect(framesOf(lenient, '$SDMTW,18.2,C\r\n')).toEqual(['sound $SDMTW,18.2,C']);
});

function telegram(body: string): string {
  const crc16 = computeChecksum('crc16-arc', Buffer.from(body));
  return `${body}${crc16.toString(16).toUpperCase().padStart(4, '0')}`;
}

test('a telegram is held against its CRC, which old meters do not send', () => {
  const sound = telegram('/A\r\n\r\n1-0:1.7.0(00.2*kW)\r\n!');
  const dsmr = kind('DSMR');
  expect(framesOf(dsmr, `x${sound}\r\n${sound}\r\n`)).toEqual([`sound ${sound}`, `sound ${sound}`]);
  const wrong = sound.replace('00.2', '00.3');
  expect(framesOf(dsmr, `${wrong}\r\n`)).toEqual([`checksum ${wrong}`]);
  expect(framesOf(dsmr, `/A\r\n1-0:1.7${sound}\r\n`)).toEqual([`checksum /A\r\n1-0:1.7${sound}`]);
  expect(framesOf(dsmr, `/A\r\n1-0:1.7\r\n${sound}\r\n`)).toEqual([`sound ${sound}`]);
  expect(framesOf(dsmr, '/A\r\n1-0:1.7.0(1*W)\r\n!\r\n')).toEqual([
    'sound /A\r\n1-0:1.7.0(1*W)\r\n!',
  ]);
  expect(framesOf(dsmr, '/A\r\n1-3:0.2.8(50)\r\n!\r\n')).toEqual([
    'checksum /A\r\n1-3:0.2.8(50)\r\n!',
  ]);
});
