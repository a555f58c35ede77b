// The file w1_slave that Linux makes of a DS18B20 and its kin: two lines of the scratchpad's bytes, the
// first with the kernel's word on the CRC, the second with the temperature in thousandths of a degree.

import type { BuiltinContext, BuiltinDecoder, BuiltinSink } from './contract.ts';

const file =
  /^((?:[0-9a-f]{2} ){9}): crc=[0-9a-f]{2} (YES|NO)\r?\n(?:[0-9a-f]{2} ){9}t=(-?\d{1,6})\s*$/;

/** 85 Cel with 0x0C as byte 6 is what the sensor holds before its first conversion (w1_therm.rst). */
const POWER_ON_THOUSANDTHS = 85_000;
const POWER_ON_RESERVED = '0c';

class W1SlaveDecoder implements BuiltinDecoder {
  decode(payload: Uint8Array, { topic }: BuiltinContext, sink: BuiltinSink): void {
    const text = Buffer.from(payload).latin1Slice();
    const match = file.exec(text);
    if (match === null) {
      sink.reject('malformed', 'not the two lines of a w1_slave file');
      return;
    }
    const [, bytes = '', verdict, digits] = match;
    if (verdict === 'NO') {
      sink.reject('checksum', 'the kernel says that the CRC is wrong');
      return;
    }
    const thousandths = Number(digits);
    if (thousandths === POWER_ON_THOUSANDTHS && bytes.split(' ')[6] === POWER_ON_RESERVED) {
      sink.drop('sentinel');
      return;
    }
    // The folder of the file is the sensor: the last part of the topic.
    const device = topic.slice(topic.lastIndexOf('/') + 1);
    sink.add({ name: 'temperature', value: thousandths / 1000, unit: 'Cel', device });
  }
}

export function createW1SlaveDecoder(): BuiltinDecoder {
  return new W1SlaveDecoder();
}
