// The profile format, as one zod schema: what a person may write in devices/<family>.yaml, with the
// reason of each field. The JSON Schema for editors is generated from it.

import { z } from 'zod';
import { checksumKinds } from '../core/checksum.ts';
import { byteEncodings } from './bytes-text.ts';

const text = z.string().min(1).max(256);
const texts = z
  .union([text, z.array(text).min(1).max(16)])
  .describe('A text with {captures} and {.fields}; of a list, the first of which all parts exist.');
const path = z
  .union([z.string().max(256), z.array(text).min(1).max(16)])
  .describe(
    'Where the value is: keys with dots between, * or {name} for any key, [] or [{name}] for each element of an array. A list of segments where a key contains a dot.',
  );
const channel = z
  .union([z.literal(''), texts])
  .describe('Tells two sensors of one kind on one device apart; "" where there is only one.');
const keys = z.union([text, z.array(text).min(1).max(16)]);

const sentinels = z
  .array(z.union([z.number(), text]))
  .max(64)
  .describe('Values that mean "no value": numbers as sent, before any conversion, or exact texts.');

export const readingSchema = z
  .strictObject({
    at: path.optional().describe('Left out where the payload itself is the value.'),
    metric: text
      .optional()
      .describe(
        'A metric of the table, a name of your own, or {capture}: a name looked up in the table.',
      ),
    type: z
      .enum(['number', 'text'])
      .optional()
      .describe('text: the reading is a text, as of a state; never for a metric of the table.'),
    unit: texts.optional().describe('The unit the device sends. Left out: the canonical unit.'),
    channel: channel.optional(),
    device: texts.optional().describe('Where it differs from the profile’s device.'),
    number: z
      .enum(['decimal', 'hex'])
      .optional()
      .describe('How a number in a text is written; hex digits, with or without 0x.'),
    sign: z
      .enum(['magnitude', 'twos-complement'])
      .optional()
      .describe('Reads an unsigned field of `bits` bits as signed.'),
    bits: z
      .int()
      .min(2)
      .max(48)
      .optional()
      .describe('Width of the field for `sign`; 16 if left out.'),
    scale: z.number().optional().describe('value × scale + offset, before the unit is converted.'),
    offset: z.number().optional(),
    range: z
      .tuple([z.number(), z.number()])
      .optional()
      .describe(
        'Lowest and highest plausible value in the canonical unit; others are dead letters.',
      ),
    sentinels: sentinels.optional().describe('In addition to the profile’s.'),
    decoder: text
      .optional()
      .describe('A built-in decoder that reads the bytes in this text, in place of a metric.'),
    argument: texts.optional().describe('What the decoder must know beside the bytes.'),
    encoding: z
      .enum(byteEncodings)
      .optional()
      .describe('How the bytes are written; hex if left out.'),
    when: keys.optional().describe('Only if one of these keys stands beside the value.'),
    unless: keys.optional().describe('Not if one of these keys stands beside the value.'),
  })
  .describe('How one value, or all values that its path matches, become readings.');

const timeSchema = z.strictObject({
  at: keys.describe('A field: `ts` or `$.a.ts` from the document, `.ts` beside the value.'),
  format: z
    .enum(['auto', 'iso', 's', 'ms', 'us', 'ns'])
    .optional()
    .describe('auto (the default) tells epochs by their magnitude and takes ISO texts too.'),
  zone: z
    .string()
    .regex(/^(UTC|Z|[+-]\d\d:?(\d\d)?)$/, 'a zone is UTC or an offset as +02:00')
    .optional()
    .describe('For texts without a zone. Left out: such a text is no time, arrival counts.'),
});

const checksumSchema = z.strictObject({
  kind: z.enum(checksumKinds),
  after: z.string().max(16).optional().describe('The covered part begins after this text.'),
  before: z.string().max(16).optional().describe('It ends before the last of this; digits follow.'),
  over: z.enum(['text', 'hex']).optional().describe('hex: the bytes that the hex digits spell.'),
});

const bodyShape = {
  format: z
    .enum(['json', 'number', 'key-value', 'csv'])
    .optional()
    .describe('What a payload is. number: one value, a unit may follow it.'),
  decoder: text
    .optional()
    .describe('A built-in decoder in place of a format, for a protocol of its own.'),
  argument: texts.optional().describe('What the decoder must know beside the payload.'),
  split: z.enum(['lines']).optional().describe('Each line is a record of its own.'),
  checksum: checksumSchema.optional().describe('Verified first; the format sees the covered part.'),
  pairs: z.string().min(1).max(8).optional().describe('key-value: characters between pairs.'),
  assign: z.string().min(1).max(8).optional().describe('key-value: characters after a key.'),
  separator: z.string().length(1).optional().describe('csv: the character between columns.'),
  columns: z
    .array(z.string().max(64))
    .min(1)
    .max(64)
    .optional()
    .describe('csv: the columns’ names.'),
  coerce: z
    .boolean()
    .optional()
    .describe('json: texts like "21.5" or "21.5 C" count as numbers. Left out: they do not.'),
  texts: z
    .enum(['dead-letter', 'ignore'])
    .optional()
    .describe('What a text where a number should be is; ignore where texts are expected too.'),
  device: texts.optional(),
  channel: channel.optional(),
  time: timeSchema.optional(),
  within: path.optional().describe('A path put before that of every reading.'),
  sentinels: sentinels.optional(),
  readings: z.array(readingSchema).min(1).max(256).optional(),
};

const matchSchema = z.union([
  text,
  z
    .strictObject({ topic: text, ...bodyShape })
    .describe('A topic with what differs there from the rest of the profile.'),
]);

const ignoreSchema = z.union([
  text,
  z.strictObject({ topic: text, reason: z.enum(['ignored_topic', 'broker_traffic']) }),
]);

const exampleSchema = z.strictObject({
  topic: text,
  payload: z.string().max(65_536),
  encoding: z.enum(byteEncodings).optional().describe('Of a payload that is no text.'),
  received: z.iso
    .datetime()
    .optional()
    .describe('The gateway’s clock; 2024-01-01T00:00:00Z if left out.'),
  readings: z
    .array(
      z.strictObject({
        device: text,
        channel: z.string().max(128).optional(),
        metric: text,
        value: z.union([z.number(), z.string()]),
        unit: z.string().max(64).optional(),
        time: z.iso.datetime().optional().describe('Left out: the time of arrival.'),
      }),
    )
    .max(1000)
    .optional(),
  dropped: z.array(text).optional().describe('The reasons, in order.'),
  deadLetter: text.optional().describe('The reason.'),
});

export const profileSchema = z
  .strictObject({
    profile: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'a name is lower case, digits, - and _'),
    title: text.optional(),
    source: keys.optional().describe('Where the format is documented.'),
    priority: z.int().min(-100).max(100).optional().describe('Decides before specificity; 0.'),
    match: z.array(matchSchema).max(256).optional().describe('Left out: for serial ports only.'),
    ignore: z.array(ignoreSchema).max(256).optional().describe('Topics that carry no readings.'),
    ...bodyShape,
    examples: z.array(exampleSchema).max(256).optional().describe('Run by the tests.'),
  })
  .describe('How the payloads of one family of devices become readings.');

export type ProfileDocument = z.infer<typeof profileSchema>;
export type ReadingDocument = z.infer<typeof readingSchema>;
export type ExampleDocument = z.infer<typeof exampleSchema>;
/** What applies to the messages of one topic pattern: the profile's own with the match's on top. */
export type BodyDocument = Pick<ProfileDocument, keyof typeof bodyShape>;

/** The JSON Schema that editors complete and check profiles with. */
export function profileJsonSchema(): unknown {
  return z.toJSONSchema(profileSchema, { io: 'input' });
}
