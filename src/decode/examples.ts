// Runs a profile's own examples: what `millpond check` and the tests hold a profile to.

import type { Decoder } from '../core/contracts.ts';
import type { Profile } from './compile-profile.ts';
import { createDecoder } from './decoder.ts';
import type { ExampleDocument } from './profile-schema.ts';

export interface ExampleFailure {
  readonly profile: string;
  /** Counted from 0, in the order of the file. */
  readonly index: number;
  readonly expected: readonly string[];
  readonly actual: readonly string[];
}

const port = 'serial:example';
const defaultReceived = '2024-01-01T00:00:00Z';

function isoOf(us: number): string {
  return new Date(us / 1000).toISOString();
}

function line(parts: readonly (string | number)[]): string {
  return parts.join(' | ');
}

function expectedLines({ readings, dropped, deadLetter }: ExampleDocument, receivedAtUs: number) {
  return [
    ...(readings ?? []).map(({ device, channel, metric, value, unit, time }) => {
      const us = time === undefined ? receivedAtUs : Date.parse(time) * 1000;
      return line([device, channel ?? '', metric, value, unit ?? '', isoOf(us)]);
    }),
    ...(dropped ?? []).map((reason) => line(['dropped', reason])),
    ...(deadLetter === undefined ? [] : [line(['dead letter', deadLetter])]),
  ];
}

/** The bytes that an example stands for. */
export function payloadOf({ payload, encoding }: ExampleDocument): Buffer {
  return Buffer.from(payload, encoding ?? 'utf8');
}

/** One text a reading, a drop and a dead letter, so that a difference can be shown as it is. */
function actualLines(
  decoder: Decoder,
  example: ExampleDocument,
  { receivedAtUs, isForPort }: { receivedAtUs: number; isForPort: boolean },
): string[] {
  const decoded = decoder.decode({
    source: isForPort ? port : 'mqtt',
    topic: example.topic,
    payload: payloadOf(example),
    receivedAtUs,
    isRetained: false,
    isRedelivered: false,
  });
  return [
    ...decoded.readings.map(({ device, channel, metric, value, unit, measuredAtUs }) =>
      line([device, channel, metric, value, unit, isoOf(measuredAtUs)]),
    ),
    ...decoded.dropped.map((reason) => line(['dropped', reason])),
    ...(decoded.deadLetter === null ? [] : [line(['dead letter', decoded.deadLetter.reason])]),
  ];
}

/** The examples that come out otherwise than written. */
export function runExamples(profile: Profile): readonly ExampleFailure[] {
  // A profile without topics is for serial ports; an example's topic is then the port's name.
  const isForPort = profile.routes.length === 0;
  const decoder = createDecoder({
    profiles: [profile],
    profileByPort: new Map([[port, profile.name]]),
    maxClockSkewUs: Number.MAX_SAFE_INTEGER,
  });
  return profile.examples.flatMap((example, index) => {
    const receivedAtUs = Date.parse(example.received ?? defaultReceived) * 1000;
    const expected = expectedLines(example, receivedAtUs);
    const actual = actualLines(decoder, example, { receivedAtUs, isForPort });
    return expected.join('\n') === actual.join('\n')
      ? []
      : [{ profile: profile.name, index, expected, actual }];
  });
}
