// BTHome v2: the service data of UUID 0xFCD2, a byte about the device and then objects of an id and a
// value each. https://bthome.io/format

import { bthomeLengthPrefixed, bthomeObjects } from './bthome-objects.ts';
import { ByteReader } from './byte-reader.ts';
import type { BuiltinDecoder, BuiltinSink } from './contract.ts';

export const bthomeUuid = 0xfcd2;
/** No advertisement is longer (Bluetooth 5, extended). */
const bytesMax = 1650;

function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

/** `data` is the service data behind the UUID. What follows an unknown object cannot be read. */
export function decodeBthome(data: Uint8Array, sink: BuiltinSink): void {
  const reader = new ByteReader(data);
  if (!reader.has(1) || data.length > bytesMax) {
    sink.reject('malformed', `BTHome: ${data.length} bytes`);
    return;
  }
  const about = reader.u8();
  if (about >> 5 !== 2) {
    sink.reject('unsupported', `BTHome version ${about >> 5}`);
    return;
  }
  if ((about & 1) === 1) {
    sink.reject('encrypted', 'BTHome: encrypted, and there is no place for a key');
    return;
  }
  const seen = new Map<string, number>();
  while (reader.left > 0 && !sink.isOver) {
    const id = reader.u8();
    if (bthomeLengthPrefixed.has(id)) {
      if (!skipPrefixed(reader)) {
        sink.reject('malformed', `BTHome: object ${hex(id)} is cut off`);
        return;
      }
      sink.drop('no_measurement');
      continue;
    }
    const object = bthomeObjects.get(id);
    if (object === undefined) {
      sink.reject('unsupported', `BTHome: object ${hex(id)} is not known`);
      return;
    }
    if (!reader.has(object.length)) {
      sink.reject('malformed', `BTHome: object ${hex(id)} is cut off`);
      return;
    }
    const { name, isSigned, length, mul, div, unit, channel } = object;
    if (name === null) {
      reader.skip(length);
      sink.drop('no_measurement');
      continue;
    }
    const raw = isSigned ? reader.signed(length) : reader.unsigned(length);
    const series = `${name}/${channel}`;
    const count = (seen.get(series) ?? 0) + 1;
    seen.set(series, count);
    sink.add({
      name,
      value: (raw * mul) / div,
      unit,
      channel: channelOf(channel, count),
    });
  }
}

/** The second thermometer of a device is its channel 2. */
function channelOf(channel: string, count: number): string {
  if (count === 1) return channel;
  return channel === '' ? String(count) : `${channel}_${count}`;
}

function skipPrefixed(reader: ByteReader): boolean {
  if (!reader.has(1)) return false;
  const length = reader.u8();
  if (!reader.has(length)) return false;
  reader.skip(length);
  return true;
}

export function createBthomeDecoder(): BuiltinDecoder {
  return { decode: (payload, _context, sink) => decodeBthome(payload, sink) };
}
