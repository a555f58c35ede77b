// The profile format, as one zod schema: what a person may write in devices/<family>.yaml, with the
// reason of each field. The JSON Schema for editors is generated from it.

import { z } from 'zod';
import { checksumKinds } from '../core/checksum.ts';
import { byteTypes } from './byte-fields.ts';
import { byteEncodings } from './bytes-text.ts';

const endians = ['big', 'little'] as const;
const byteOrders = [...endians, 'big-swapped'] as const;

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
const scalar = z.union([z.string().max(256), z.number(), z.boolean()]);
const keys = z.union([text, z.array(text).min(1).max(16)]);

const conditionSchema = z
  .strictObject({
    at: text.optional().describe('As $.a.b, .beside or ..above; left out: the value itself.'),
    is: z
      .union([scalar, z.array(scalar).min(1).max(64)])
      .optional()
      .describe('One of these, compared as texts; left out: any that is there.'),
    min: z.number().optional(),
    max: z.number().optional(),
  })
  .describe('What a field of the payload, or the value as it was sent, must be.');
const condition = z.union([text, conditionSchema]);
const conditions = z.union([condition, z.array(condition).min(1).max(16)]);

const decimal = z
  .enum(['.', ','])
  .describe('The sign before the decimals in a text; . if left out.');

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
      .enum(['number', 'text', 'unit'])
      .optional()
      .describe(
        'text: the reading is a text, as of a state; never for a metric of the table. unit: no reading, but the unit of the values of another topic.',
      ),
    of: texts.optional().describe('With type: unit, the topic of the values that have it.'),
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
    decimal: decimal.optional(),
    pattern: text
      .optional()
      .describe('The form of a text that has the {value} in it, as "{value:number}/{unit}".'),
    values: z
      .record(z.string().max(128), z.union([z.number(), z.string().max(256)]))
      .optional()
      .describe('What a value as sent stands for, as { "on": 1 }; others stand for themselves.'),
    when: conditions
      .optional()
      .describe('Only if one of these keys stands beside the value, or one of these is so.'),
    unless: conditions.optional().describe('Not if one of these keys stands there, or is so.'),
  })
  .describe('How one value, or all values that its path matches, become readings.');

const timeSchema = z.strictObject({
  at: keys.describe(
    'A field: `ts` or `$.a.ts` from the document, `.ts` beside the value; or a text with {fields}.',
  ),
  format: text
    .optional()
    .describe(
      'auto (the default) tells epochs by their magnitude and takes ISO texts too; iso, s, ms, us, ns; or a form of its own as DD.MM.YYYY hh:mm:ss (f: fraction, z: zone).',
    ),
  zones: z
    .record(z.string().min(1).max(8), z.string().max(8))
    .optional()
    .describe('What z in the format stands for, as { W: "+01:00", S: "+02:00" }.'),
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
  inclusive: z.boolean().optional().describe('The texts of after and before are covered too.'),
  optional: z.boolean().optional().describe('Without the text of before there is no checksum.'),
  endian: z
    .enum(endians)
    .optional()
    .describe('Which byte of the sum comes first; big if left out.'),
  digits: z
    .enum(['hex', 'six-bit'])
    .optional()
    .describe('six-bit: characters from @ on for six bits each, highest first. hex if left out.'),
  form: text
    .optional()
    .describe('Only texts of this form, written as in patterns, have a checksum.'),
});

const byteFieldSchema = z.strictObject({
  offset: z.int().min(-4096).max(65_535).describe('From the first byte; below 0 from the end.'),
  type: z.enum(byteTypes).describe('u for unsigned, i for two’s complement, f for IEEE 754.'),
  endian: z
    .enum(byteOrders)
    .optional()
    .describe('big-swapped: of 4 bytes the lower two come first, as in some Modbus registers.'),
  bits: z
    .tuple([z.int().min(0).max(47), z.int().min(1).max(48)])
    .optional()
    .describe('The lowest bit, counted from 0, and how many.'),
  sign: z.enum(['magnitude', 'twos-complement']).optional().describe('Of the bits.'),
});

const bytesSchema = z
  .strictObject({
    at: text.optional().describe('The text that has them; left out with format: bytes.'),
    encoding: z
      .enum(['raw', ...byteEncodings, 'decimal'])
      .optional()
      .describe('raw if left out with format: bytes, else hex.'),
    endian: z.enum(byteOrders).optional().describe('big if left out.'),
    length: z
      .union([z.int().min(1).max(65_536), z.tuple([z.int().min(1), z.int().min(1)])])
      .optional()
      .describe('How many bytes, or fewest and most; others are dead letters.'),
    fields: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/), byteFieldSchema),
  })
  .describe('Numbers at fixed places; readings find them by name.');

const columnList = z
  .array(z.union([z.string().max(64), z.array(z.string().max(64)).min(1).max(64)]))
  .min(1)
  .max(64);

const bodyShape = {
  format: z
    .enum(['json', 'number', 'key-value', 'csv', 'text', 'labels', 'bytes'])
    .optional()
    .describe(
      'What a payload is. number: one value, a unit may follow it. labels: what a line for people names.',
    ),
  charset: z
    .enum(['utf-8', 'latin1'])
    .optional()
    .describe('latin1: °, ², ³ and µ may stand there as one byte, as Arduino sketches write them.'),
  decoder: text
    .optional()
    .describe('A built-in decoder in place of a format, for a protocol of its own.'),
  argument: texts.optional().describe('What the decoder must know beside the payload.'),
  split: z.enum(['lines']).optional().describe('Each line is a record of its own.'),
  checksum: checksumSchema.optional().describe('Verified first; the format sees the covered part.'),
  pairs: z.string().min(1).max(8).optional().describe('key-value: characters between pairs.'),
  assign: z.string().min(1).max(8).optional().describe('key-value: characters after a key.'),
  patterns: z
    .union([text, z.array(text).min(1).max(64)])
    .optional()
    .describe('text: the forms of a line, as "T={t:number} C"; the first that matches is taken.'),
  bytes: bytesSchema.optional(),
  decimal: decimal.optional(),
  separator: z.string().length(1).optional().describe('csv: the character between columns.'),
  columns: z
    .union([columnList, z.record(z.string().min(1).max(64), columnList)])
    .optional()
    .describe(
      'csv: the columns’ names, - for one not wanted; a list at the end repeats, its rounds are `items`. Or several such lists by what the first column is.',
    ),
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
  duplicates: z
    .string()
    .regex(/^\d{1,5} ?(ms|s|min)$/, 'a window is a number and ms, s or min, as 2s')
    .optional()
    .describe('The same device, time and values again within this, as 2s, are counted, not kept.'),
  within: path.optional().describe('A path put before that of every reading.'),
  skip: z
    .array(text)
    .max(64)
    .optional()
    .describe('Keys of the document itself that wildcards leave alone.'),
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
export type ConditionDocument = z.infer<typeof conditionSchema>;
export type ExampleDocument = z.infer<typeof exampleSchema>;
/** What applies to the messages of one topic pattern: the profile's own with the match's on top. */
export type BodyDocument = Pick<ProfileDocument, keyof typeof bodyShape>;

/** The JSON Schema that editors complete and check profiles with. */
export function profileJsonSchema(): unknown {
  return z.toJSONSchema(profileSchema, { io: 'input' });
}
