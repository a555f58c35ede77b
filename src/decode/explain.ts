// What decoding made of one message, told to a person: which profile, which readings, what was left out
// and why. `millpond decode` prints it.

import type { DeadLetterReason, Decoded, Decoder, DropReason } from '../core/contracts.ts';
import type { RawMessage } from '../core/raw-message.ts';
import { Quality, qualityName } from '../core/reading.ts';

const dropMeanings: Readonly<Record<DropReason, string>> = {
  sentinel: 'a value that stands for "no value"',
  out_of_range: 'outside what is plausible',
  not_a_number: 'NaN or infinite',
  null_value: 'null',
  broker_traffic: 'the broker’s or a controller’s own traffic',
  ignored_topic: 'the topic carries no readings',
  ignored_field: 'a field that is no measurement',
  empty_payload: 'the payload is empty',
  duplicate: 'the same as a moment before',
  no_measurement: 'nothing measured in it',
  bad_quality: 'the device itself calls the value bad or stale',
  unsupported_type: 'a kind of value that makes no reading: a table, a file, a template',
  sequence_gap: 'messages of the device are missing before this one',
};

const deadLetterMeanings: Readonly<Record<DeadLetterReason, string>> = {
  invalid_json: 'not JSON',
  invalid_utf8: 'not UTF-8',
  invalid_number: 'a text that is not wholly a number, or too large a number',
  wrong_type: 'not of the kind that the profile expects',
  out_of_range: 'outside what is plausible',
  too_deep: 'nested too deep',
  too_many_readings: 'more values than one message may have',
  name_too_long: 'a name longer than 128 characters',
  name_invalid: 'a name that is empty or has characters that no name may have',
  checksum: 'the checksum is wrong',
  frame_too_long: 'the beginning of a frame beyond the limit of its port',
  frame_invalid: 'not written as the framing of its port says',
  malformed: 'breaks the rules of its own protocol, or is cut off',
  unsupported: 'a version or a part of its protocol that is not understood',
  encrypted: 'encrypted',
  alias_unknown: 'a value by its alias alone, and the birth that explains it was not seen',
  no_profile: 'no profile matches the topic, and there is no number to be found',
  series_limit: 'one series more than the log takes',
  decoder_fault: 'a fault in Millpond; please report it with the payload',
};

export interface Explanation {
  readonly decoded: Decoded;
  /** For the terminal, without line ends. */
  readonly lines: readonly string[];
}

/** Decodes the message and says what came of it. Text out of the payload is shown escaped. */
export function explainMessage(decoder: Decoder, message: RawMessage): Explanation {
  const decoded = decoder.decode(message);
  const lines = [
    decoded.profile === ''
      ? 'profile: none matches; a number or flat JSON counts all the same'
      : `profile: ${decoded.profile}`,
  ];
  for (const reading of decoded.readings) {
    const { device, channel, metric, value, unit, measuredAtUs, quality } = reading;
    const time =
      measuredAtUs === message.receivedAtUs
        ? 'on arrival'
        : new Date(measuredAtUs / 1000).toISOString();
    const name = [device, channel, metric].filter((part) => part !== '').join(' · ');
    const mark = quality === Quality.good ? '' : ` (${qualityName(quality)})`;
    lines.push(`reading: ${name} = ${value}${unit === '' ? '' : ` ${unit}`}, ${time}${mark}`);
  }
  const counts = new Map<DropReason, number>();
  for (const reason of decoded.dropped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  for (const [reason, count] of counts) {
    lines.push(`left out: ${count} × ${reason} (${dropMeanings[reason]})`);
  }
  if (decoded.deadLetter !== null) {
    const { reason, detail } = decoded.deadLetter;
    lines.push(`dead letter: ${reason} (${deadLetterMeanings[reason]}): ${detail}`);
  }
  return { decoded, lines };
}
