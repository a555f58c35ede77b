// Govee's H5072 and H5075: manufacturer data of "company" 0xEC88, where one number of 24 bits holds both
// temperature and humidity. https://github.com/theengs/decoder (H5072/H5075)

import { ByteReader } from './byte-reader.ts';
import type { BuiltinSink } from './contract.ts';

export const goveeCompany = 0xec88;

/** Tenths of a degree × 1000 + tenths of a percent, the top bit the sign of the temperature. */
export function decodeGovee(data: Uint8Array, sink: BuiltinSink): void {
  // Other models use the same number with other lengths.
  if (data.length !== 6) {
    sink.drop('no_measurement');
    return;
  }
  const reader = new ByteReader(data);
  reader.skip(1);
  const packed = reader.unsignedBe(3);
  const magnitude = packed & 0x7f_ffff;
  const tenths = Math.trunc(magnitude / 1000);
  sink.add({ name: 'temperature', value: (packed >= 0x80_0000 ? -tenths : tenths) / 10 });
  sink.add({ name: 'humidity', value: (magnitude % 1000) / 10 });
  const battery = reader.u8();
  // The top bit is an error flag of the newer ones.
  if (battery > 0x7f) sink.drop('sentinel');
  else sink.add({ name: 'battery', value: battery });
}
