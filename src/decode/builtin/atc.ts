// The open firmwares of Xiaomi's thermometers, in service data of UUID 0x181A: atc1441's 13 bytes and
// pvvx' own 15, told apart by their length. https://github.com/pvvx/ATC_MiThermometer#bluetooth-advertising-formats

import { ByteReader } from './byte-reader.ts';
import type { BuiltinSink } from './contract.ts';

export const atcUuid = 0x181a;

function decodeAtc1441(reader: ByteReader, sink: BuiltinSink): void {
  reader.skip(6);
  sink.add({ name: 'temperature', value: reader.signedBe(2) / 10 });
  sink.add({ name: 'humidity', value: reader.u8() });
  sink.add({ name: 'battery', value: reader.u8() });
  sink.add({ name: 'voltage', value: reader.unsignedBe(2) / 1000 });
}

function decodePvvx(reader: ByteReader, sink: BuiltinSink): void {
  reader.skip(6);
  sink.add({ name: 'temperature', value: reader.signed(2) / 100 });
  sink.add({ name: 'humidity', value: reader.unsigned(2) / 100 });
  sink.add({ name: 'voltage', value: reader.unsigned(2) / 1000 });
  sink.add({ name: 'battery', value: reader.u8() });
}

/** `data` is the service data behind the UUID. Any device may use this UUID; of others nothing is said. */
export function decodeAtc(data: Uint8Array, sink: BuiltinSink): void {
  const reader = new ByteReader(data);
  switch (data.length) {
    case 13:
      decodeAtc1441(reader, sink);
      break;
    case 15:
      decodePvvx(reader, sink);
      break;
    case 8:
    case 11:
      sink.reject('encrypted', 'ATC: encrypted, and there is no place for a key');
      break;
    default:
      sink.drop('no_measurement');
  }
}
