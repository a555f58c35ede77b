// `decode --json`: what came of a message, in the words that `tail --json` uses.

import type { Decoded } from '../../core/contracts.ts';
import { isoTime } from '../../core/iso-time.ts';
import { qualityName } from '../../core/reading.ts';

export function decodedJson({ profile, readings, dropped, deadLetter }: Decoded): string {
  return JSON.stringify({
    profile: profile === '' ? null : profile,
    readings: readings.map(({ device, channel, metric, value, unit, measuredAtUs, quality }) => ({
      device,
      channel,
      metric,
      value,
      unit,
      measuredAt: isoTime(BigInt(measuredAtUs)),
      measuredAtUs,
      quality: qualityName(quality),
    })),
    dropped,
    deadLetter,
  });
}
