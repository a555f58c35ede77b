// Raw messages as a source would hand them over, for the tests of this folder.
import type { RawMessage } from '../../../src/core/raw-message.ts';
import type { Profile } from '../../../src/decode/compile-profile.ts';
import type { DecoderOptions } from '../../../src/decode/decoder.ts';
import { createDecoder } from '../../../src/decode/decoder.ts';
import { loadProfiles } from '../../../src/decode/load-profiles.ts';
import { parseProfileOrThrow } from '../../../src/decode/parse-profile.ts';

/** 2024-01-01T00:00:00Z. */
export const receivedAtUs = 1_704_067_200_000_000;

export function messageOf(
  topic: string,
  payload: string | Uint8Array,
  rest: Partial<RawMessage> = {},
): RawMessage {
  return {
    source: 'mqtt',
    topic,
    payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
    receivedAtUs,
    isRetained: false,
    isRedelivered: false,
    ...rest,
  };
}

export const builtInProfiles: readonly Profile[] = loadProfiles().profiles;

export function builtInDecoder(options: Partial<DecoderOptions> = {}) {
  return createDecoder({ profiles: builtInProfiles, ...options });
}

/** A profile of one test, given as the YAML a person would write. */
export function profileOf(yaml: string): Profile {
  return parseProfileOrThrow(yaml, 'test.yaml');
}

/** Decodes with one profile; readings as `device|channel|metric=value unit`, the rest by reason. */
export function decodeWith(yaml: string, topic: string, payload: string | Uint8Array) {
  const decoder = createDecoder({ profiles: [profileOf(yaml)] });
  return summaryOf(decoder.decode(messageOf(topic, payload)));
}

export function summaryOf(decoded: ReturnType<ReturnType<typeof createDecoder>['decode']>) {
  return {
    readings: decoded.readings.map(
      ({ device, channel, metric, value, unit }) =>
        `${device}|${channel}|${metric}=${value}${unit === '' ? '' : ` ${unit}`}`,
    ),
    dropped: [...decoded.dropped],
    deadLetter: decoded.deadLetter?.reason ?? null,
  };
}

/**
 * Processor time of the quickest of five runs, in ms: the machine's other work and the first run's
 * compiling are not the decoder's. The bounds on it catch costs that grow with the square of a payload.
 */
export function quickestCpuMs(run: () => void): number {
  const times = [1, 2, 3, 4, 5].map(() => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}
