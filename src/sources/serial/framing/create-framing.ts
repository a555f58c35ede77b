// From the config's words to the framing that does it.

import type { SerialFraming } from '../../../core/serial-config.ts';
import { CobsFraming } from './cobs-framing.ts';
import type { FrameSink, Framing } from './contract.ts';
import { DelimiterFraming } from './delimiter-framing.ts';
import { checksumBytes } from './frame-checksum.ts';
import { LineFraming } from './line-framing.ts';
import { NmeaFraming } from './nmea-framing.ts';
import { SizedFraming } from './sized-framing.ts';
import { SlipFraming } from './slip-framing.ts';
import { TelegramFraming } from './telegram-framing.ts';

export function createFraming(framing: SerialFraming, sink: FrameSink): Framing {
  const { bytesMax } = framing;
  switch (framing.kind) {
    case 'lines':
      return new LineFraming(sink, {
        bytesMax,
        ending: framing.ending,
        endsAtSilence: framing.idleMs > 0,
      });
    case 'delimiter':
      return new DelimiterFraming(sink, framing);
    case 'cobs':
      return new CobsFraming(sink, framing);
    case 'slip':
      return new SlipFraming(sink, framing);
    case 'fixed':
      return new SizedFraming(sink, {
        ...framing,
        headerBytes: framing.length,
        lengthOf: () => framing.length,
        stripBytes: 0,
      });
    case 'length-prefixed':
      return lengthPrefixed(framing, sink);
    case 'nmea':
      return new NmeaFraming(sink, framing);
    case 'dsmr':
      return new TelegramFraming(sink, framing);
  }
}

/** Mark, length, so many bytes, checksum: the bytes between length and checksum are handed over. */
function lengthPrefixed(
  framing: Extract<SerialFraming, { kind: 'length-prefixed' }>,
  sink: FrameSink,
): Framing {
  const { start, checksum, lengthBytes, lengthOrder, lengthAdds } = framing;
  const headerBytes = start.length + lengthBytes;
  const others = headerBytes + (checksum === null ? 0 : checksumBytes(checksum)) + lengthAdds;
  return new SizedFraming(sink, {
    ...framing,
    headerBytes,
    stripBytes: headerBytes,
    lengthOf: (header) =>
      others +
      (lengthOrder === 'little'
        ? header.readUIntLE(start.length, lengthBytes)
        : header.readUIntBE(start.length, lengthBytes)),
  });
}
