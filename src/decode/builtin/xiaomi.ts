// Xiaomi's MiBeacon, the service data of UUID 0xFE95: frame control, product, counter, and by its bits
// an address, a capability and an object of a measurement. What is documented of it is collected at
// https://home-is-where-you-hang-your-hack.github.io/ble_monitor/MiBeacon_protocol

import { ByteReader } from './byte-reader.ts';
import type { BuiltinSink } from './contract.ts';

export const xiaomiUuid = 0xfe95;

const encryptedBit = 1 << 3;
const addressBit = 1 << 4;
const capabilityBit = 1 << 5;
const objectBit = 1 << 6;

interface Part {
  readonly name: string;
  readonly length: number;
  readonly isSigned?: boolean;
  readonly div?: number;
}

const temperature: Part = { name: 'temperature', length: 2, isSigned: true, div: 10 };
const humidity: Part = { name: 'humidity', length: 2, div: 10 };

const objects = new Map<number, readonly Part[]>([
  [0x1004, [temperature]],
  [0x1006, [humidity]],
  [0x1007, [{ name: 'illuminance', length: 3 }]],
  [0x1008, [{ name: 'soil_moisture', length: 1 }]],
  [0x1009, [{ name: 'conductivity', length: 2 }]],
  [0x100a, [{ name: 'battery', length: 1 }]],
  [0x100d, [temperature, humidity]],
]);

/** `data` is the service data behind the UUID. */
export function decodeXiaomi(data: Uint8Array, sink: BuiltinSink): void {
  const reader = new ByteReader(data);
  if (!reader.has(5)) {
    sink.reject('malformed', `MiBeacon: ${data.length} bytes`);
    return;
  }
  const control = reader.unsigned(2);
  reader.skip(3);
  if ((control & encryptedBit) !== 0) {
    sink.reject('encrypted', 'MiBeacon: encrypted, and there is no place for a key');
    return;
  }
  if ((control & objectBit) === 0) {
    sink.drop('no_measurement');
    return;
  }
  if ((control & addressBit) !== 0) reader.skip(6);
  if ((control & capabilityBit) !== 0 && reader.has(1)) {
    // Bit 5 of the capability: two bytes of its inputs and outputs follow.
    if ((reader.u8() & 0x20) !== 0) reader.skip(2);
  }
  if (!reader.has(3)) {
    sink.reject('malformed', 'MiBeacon: cut off before its object');
    return;
  }
  decodeObject(reader, sink);
}

function decodeObject(reader: ByteReader, sink: BuiltinSink): void {
  const id = reader.unsigned(2);
  const length = reader.u8();
  const shown = `0x${id.toString(16).padStart(4, '0')}`;
  if (!reader.has(length)) {
    sink.reject('malformed', `MiBeacon: object ${shown} is cut off`);
    return;
  }
  const parts = objects.get(id);
  if (parts === undefined) {
    sink.drop('no_measurement');
    return;
  }
  if (parts.reduce((sum, part) => sum + part.length, 0) !== length) {
    sink.reject('malformed', `MiBeacon: object ${shown} of ${length} bytes`);
    return;
  }
  for (const { name, length: bytes, isSigned = false, div = 1 } of parts) {
    const raw = isSigned ? reader.signed(bytes) : reader.unsigned(bytes);
    sink.add({ name, value: raw / div });
  }
}
