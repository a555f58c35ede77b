// What Ruuvi sensors send in their manufacturer data (company 0x0499), from the format's byte on.
// https://docs.ruuvi.com/communication/bluetooth-advertisements: formats 3, 5, 6, C5 and E1. "Not
// available" is the largest number of an unsigned field and the smallest of a signed one.

import { ByteReader } from './byte-reader.ts';
import type { BuiltinSink } from './contract.ts';

export const ruuviCompany = 0x0499;

type Layout = (reader: ByteReader, emit: Emit) => void;

class Emit {
  readonly #sink: BuiltinSink;

  constructor(sink: BuiltinSink) {
    this.#sink = sink;
  }

  /** `raw / divisor + offset`, or a drop where `raw` is the field's "not available". */
  field(
    name: string,
    raw: number,
    { none, divisor, offset = 0 }: { none: number | null; divisor: number; offset?: number },
  ): void {
    if (raw === none) this.#sink.drop('sentinel');
    else this.#sink.add({ name, value: (raw + offset) / divisor });
  }

  value(name: string, value: number): void {
    this.#sink.add({ name, value });
  }

  none(): void {
    this.#sink.drop('sentinel');
  }
}

function climate(reader: ByteReader, emit: Emit): void {
  emit.field('temperature', reader.signedBe(2), { none: -0x8000, divisor: 200 });
  emit.field('humidity', reader.unsignedBe(2), { none: 0xffff, divisor: 400 });
  emit.field('pressure', reader.unsignedBe(2), { none: 0xffff, divisor: 100, offset: 50_000 });
}

function acceleration(reader: ByteReader, emit: Emit): void {
  for (const axis of ['x', 'y', 'z']) {
    emit.field(`acceleration_${axis}`, reader.signedBe(2), { none: -0x8000, divisor: 1000 });
  }
}

/** 11 bits of battery, 5 of transmission power, which is a setting and left out, and two counters. */
function powerAndCounters(reader: ByteReader, emit: Emit): void {
  const voltage = reader.unsignedBe(2) >> 5;
  emit.field('voltage', voltage, { none: 0x7ff, divisor: 1000, offset: 1600 });
  emit.field('movement_counter', reader.unsignedBe(1), { none: 0xff, divisor: 1 });
  emit.field('measurement_sequence', reader.unsignedBe(2), { none: 0xffff, divisor: 1 });
}

function particles(names: readonly string[], reader: ByteReader, emit: Emit): void {
  for (const name of names) {
    emit.field(name, reader.unsignedBe(2), { none: 0xffff, divisor: 10 });
  }
}

/** The indexes have 9 bits, the lowest of each in the flags. */
function indexes([voc, nox]: readonly [number, number], flags: number, emit: Emit): void {
  const none = 0x1ff;
  emit.field('voc_index', (voc << 1) | ((flags >> 6) & 1), { none, divisor: 1 });
  emit.field('nox_index', (nox << 1) | ((flags >> 7) & 1), { none, divisor: 1 });
}

/** An 8-bit logarithm of the light, 254 for 65535 lx. */
const lightStep = Math.log(65_536) / 254;

// RAWv1: the temperature is a sign, 7 bits of degrees and a byte of hundredths.
function rawV1(reader: ByteReader, emit: Emit): void {
  emit.field('humidity', reader.unsignedBe(1), { none: null, divisor: 2 });
  const degrees = reader.unsignedBe(1);
  const hundredths = (degrees & 0x7f) * 100 + reader.unsignedBe(1);
  emit.value('temperature', (degrees & 0x80 ? -hundredths : hundredths) / 100);
  emit.field('pressure', reader.unsignedBe(2), { none: null, divisor: 100, offset: 50_000 });
  acceleration(reader, emit);
  emit.field('voltage', reader.unsignedBe(2), { none: null, divisor: 1000 });
}

function rawV2(reader: ByteReader, emit: Emit): void {
  climate(reader, emit);
  acceleration(reader, emit);
  powerAndCounters(reader, emit);
}

function cutRawV2(reader: ByteReader, emit: Emit): void {
  climate(reader, emit);
  powerAndCounters(reader, emit);
}

function air(reader: ByteReader, emit: Emit): void {
  climate(reader, emit);
  particles(['pm2_5'], reader, emit);
  emit.field('co2', reader.unsignedBe(2), { none: 0xffff, divisor: 1 });
  const pair = [reader.u8(), reader.u8()] as const;
  const light = reader.u8();
  if (light === 0xff) emit.none();
  else emit.value('illuminance', Math.round((Math.exp(light * lightStep) - 1) * 100) / 100);
  reader.skip(1);
  emit.field('measurement_sequence', reader.u8(), { none: null, divisor: 1 });
  indexes(pair, reader.u8(), emit);
}

function extendedAir(reader: ByteReader, emit: Emit): void {
  climate(reader, emit);
  particles(['pm1', 'pm2_5', 'pm4', 'pm10'], reader, emit);
  emit.field('co2', reader.unsignedBe(2), { none: 0xffff, divisor: 1 });
  const pair = [reader.u8(), reader.u8()] as const;
  emit.field('illuminance', reader.unsignedBe(3), { none: 0xffffff, divisor: 100 });
  reader.skip(3);
  emit.field('measurement_sequence', reader.unsignedBe(3), { none: 0xffffff, divisor: 1 });
  indexes(pair, reader.u8(), emit);
}

/** By the format's byte: bytes that follow it, the address included, and how they are laid out. */
const formats = new Map<number, readonly [length: number, layout: Layout]>([
  [0x03, [13, rawV1]],
  [0x05, [23, rawV2]],
  [0x06, [19, air]],
  [0xc5, [17, cutRawV2]],
  [0xe1, [39, extendedAir]],
]);

/** `data` is the manufacturer data behind the company's two bytes. */
export function decodeRuuvi(data: Uint8Array, sink: BuiltinSink): void {
  const reader = new ByteReader(data);
  if (!reader.has(1)) {
    sink.reject('malformed', 'Ruuvi: no data');
    return;
  }
  const format = reader.u8();
  const shown = format.toString(16).toUpperCase().padStart(2, '0');
  if (format === 0x08) {
    sink.reject('encrypted', 'Ruuvi format 08 is encrypted');
    return;
  }
  const known = formats.get(format);
  if (known === undefined) {
    sink.reject('unsupported', `Ruuvi format ${shown}`);
    return;
  }
  const [length, layout] = known;
  if (!reader.has(length)) {
    sink.reject(
      'malformed',
      `Ruuvi format ${shown}: ${data.length} bytes where ${length + 1} are due`,
    );
    return;
  }
  layout(reader, new Emit(sink));
}
