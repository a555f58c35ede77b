// The parts of a profile's body but for its readings: format, columns, patterns, bytes, checksum and
// time, each checked against the others and made ready.

import type { ByteField } from './byte-fields.ts';
import { widthOf } from './byte-fields.ts';
import type { ByteParser } from './byte-payload.ts';
import { byteParser, expander } from './byte-payload.ts';
import type { ChecksumRule } from './checksum.ts';
import type { ColumnSet } from './csv-record.ts';
import { csvParser } from './csv-record.ts';
import { parseZone } from './device-time.ts';
import type { TimeRule } from './field.ts';
import { labelParser } from './label-text.ts';
import { parseLineForm, parseLinePattern } from './line-pattern.ts';
import type { Expander, PayloadParser } from './payload-format.ts';
import { keyValueParser, parseJson, parseNumber, textParser } from './payload-format.ts';
import type { DocumentPath, Problems } from './problems.ts';
import type { BodyDocument, ProfileDocument } from './profile-schema.ts';
import { parseSegment } from './segment-pattern.ts';
import { asList, parseReference, parseTemplate } from './template.ts';
import { parseTimePattern } from './time-pattern.ts';

/** The profile's body with a match's own fields on top, and where each field was written. */
export class Body {
  readonly fields: BodyDocument;
  readonly #overrides: BodyDocument;
  readonly #place: DocumentPath;
  /** Units stand in topics of their own: a value without one has what was told of its topic, or none. */
  readonly areUnitsTold: boolean;

  constructor(profile: ProfileDocument, overrides: BodyDocument, place: DocumentPath) {
    this.fields = { ...profile, ...overrides };
    this.#overrides = overrides;
    this.#place = place;
    const tells = ({ readings }: BodyDocument) => readings?.some(({ type }) => type === 'unit');
    this.areUnitsTold = [profile, ...(profile.match ?? [])].some(
      (part) => typeof part !== 'string' && tells(part) === true,
    );
  }

  at(field: keyof BodyDocument, ...rest: DocumentPath): DocumentPath {
    return field in this.#overrides ? [...this.#place, field, ...rest] : [field, ...rest];
  }

  /** Inherited by a match that has a format of its own. */
  isMeantForOthers(field: keyof BodyDocument): boolean {
    return 'format' in this.#overrides && !(field in this.#overrides);
  }

  get place(): DocumentPath {
    return this.#place;
  }
}

type Slots = (name: string) => number | undefined;

export function compileTime(body: Body, slotOf: Slots, problems: Problems): TimeRule | null {
  const { time } = body.fields;
  if (time === undefined) return null;
  const sources = problems.at(body.at('time', 'at'), () =>
    asList(time.at).map((source) =>
      source.includes('{')
        ? { template: parseTemplate([source], slotOf) }
        : { reference: parseReference(source) },
    ),
  );
  const zoneMinutes = time.zone === undefined ? null : (parseZone(time.zone) ?? null);
  if (time.zone !== undefined && zoneMinutes === null) {
    problems.add(body.at('time', 'zone'), `"${time.zone}" is no zone; write UTC or +02:00`);
  }
  const form = compileTimeForm(body, problems);
  return sources === undefined ? null : { sources, form, zoneMinutes };
}

const timeForms = ['auto', 'iso', 's', 'ms', 'us', 'ns'] as const;

function compileTimeForm(body: Body, problems: Problems): TimeRule['form'] {
  const { format = 'auto', zones } = body.fields.time!;
  const form = timeForms.find((one) => one === format);
  if (form !== undefined) {
    if (zones !== undefined) problems.add(body.at('time', 'zones'), 'zones needs z in the format');
    return form;
  }
  const offsets = new Map<string, number>();
  for (const [name, zone] of Object.entries(zones ?? {})) {
    const minutes = parseZone(zone);
    if (minutes === undefined) {
      problems.add(body.at('time', 'zones', name), `"${zone}" is no zone; write UTC or +02:00`);
    } else {
      offsets.set(name, minutes);
    }
  }
  const parse = () => parseTimePattern(format, zones === undefined ? null : offsets);
  return problems.at(body.at('time', 'format'), parse) ?? 'auto';
}

/** What belongs to one format alone. */
const owners = {
  pairs: 'key-value',
  assign: 'key-value',
  columns: 'csv',
  separator: 'csv',
  patterns: 'text',
} as const;

/** Null when it could not be made, or for `bytes` and decoders, which read no text. */
export function compileFormat(body: Body, problems: Problems): PayloadParser | null {
  const { format, pairs, assign, columns, separator, patterns, texts, bytes } = body.fields;
  for (const [field, owner] of Object.entries(owners)) {
    const name = field as keyof typeof owners;
    if (format !== owner && body.fields[name] !== undefined && !body.isMeantForOthers(name)) {
      problems.add(body.at(name), `${name} belongs to format: ${owner}`);
    }
  }
  switch (format) {
    case 'json':
      return parseJson;
    case 'number':
      return parseNumber;
    case 'key-value':
      return keyValueParser(pairs ?? ',;', assign ?? '=:');
    case 'csv': {
      if (columns !== undefined) return csvParser(columnSets(body, problems), separator ?? ',');
      problems.add(body.at('format'), 'format: csv needs columns, the names in their order');
      return null;
    }
    case 'text': {
      if (patterns === undefined) {
        problems.add(body.at('format'), 'format: text needs patterns, as "T={t:number}"');
        return null;
      }
      const parsed = asList(patterns).map((source, index) => {
        const at = typeof patterns === 'string' ? [] : [index];
        return problems.at(body.at('patterns', ...at), () => parseLinePattern(source));
      });
      return textParser(
        parsed.filter((pattern) => pattern !== undefined),
        texts === 'ignore',
      );
    }
    case 'labels':
      return labelParser(texts === 'ignore');
    case 'bytes':
      if (bytes === undefined) {
        problems.add(
          body.at('format'),
          'format: bytes needs bytes, with the fields and their places',
        );
      }
      return null;
    case undefined:
      if (body.fields.decoder === undefined) {
        problems.add(
          body.place,
          'no format: say json, number, key-value, csv, text, labels or bytes',
        );
      }
      return null;
  }
}

function columnSets(body: Body, problems: Problems): ColumnSet[] {
  const { columns } = body.fields;
  const setOf = (
    list: readonly (string | readonly string[])[],
    at: DocumentPath,
  ): Pick<ColumnSet, 'names' | 'repeated'> => {
    const group = list.findIndex((name) => typeof name !== 'string');
    if (group >= 0 && group !== list.length - 1) {
      problems.add([...at, group], 'the columns that repeat come last');
    }
    const last = list.at(-1);
    return {
      names: list.filter((name) => typeof name === 'string'),
      repeated: last === undefined || typeof last === 'string' ? [] : last,
    };
  };
  if (Array.isArray(columns)) return [{ first: null, ...setOf(columns, body.at('columns')) }];
  return Object.entries(columns ?? {}).flatMap(([source, list]) => {
    const at = body.at('columns', source);
    const first = problems.at(at, () => parseSegment(source, '*'));
    return first === undefined ? [] : [{ first, ...setOf(list, at) }];
  });
}

const textChecksumFields = [
  'after',
  'before',
  'over',
  'inclusive',
  'optional',
  'digits',
  'form',
] as const;

export function compileChecksum(body: Body, problems: Problems): ChecksumRule | null {
  const { checksum, format } = body.fields;
  if (checksum === undefined) return null;
  const { kind, after = '', before = '', over } = checksum;
  if (format === 'json' && before === '') {
    problems.add(
      body.at('checksum'),
      'a checksum over JSON needs `before`, the text that parts them',
    );
  }
  if (checksum.optional === true && before === '') {
    problems.add(body.at('checksum', 'optional'), 'optional needs `before`, or it cannot be told');
  }
  if (format === 'bytes') {
    for (const field of textChecksumFields) {
      if (checksum[field] === undefined) continue;
      problems.add(
        body.at('checksum', field),
        `${field} is for texts; of bytes, the last are the sum`,
      );
    }
  }
  const isSixBit = checksum.digits === 'six-bit';
  if (isSixBit && checksum.endian !== undefined) {
    problems.add(body.at('checksum', 'endian'), 'six-bit digits have no order of bytes');
  }
  const { form } = checksum;
  const pattern =
    form === undefined ? null : problems.at(body.at('checksum', 'form'), () => parseLineForm(form));
  return {
    kind,
    after,
    before,
    isSixBit,
    form: pattern ?? null,
    isInclusive: checksum.inclusive === true,
    isOptional: checksum.optional === true,
    isHex: over === 'hex',
    isLittle: checksum.endian === 'little',
  };
}

function lengthOf(
  length: number | readonly [number, number] | undefined,
): readonly [number, number] | null {
  if (length === undefined) return null;
  return typeof length === 'number' ? [length, length] : length;
}

export interface CompiledBytes {
  /** Of a payload that is nothing but the bytes. */
  readonly parse: ByteParser | null;
  /** Of bytes that stand in a text of the document. */
  readonly expand: Expander | null;
}

export function compileBytes(
  body: Body,
  checksum: ChecksumRule | null,
  problems: Problems,
): CompiledBytes {
  const { bytes, format } = body.fields;
  if (bytes === undefined) return { parse: null, expand: null };
  const isWhole = format === 'bytes';
  if (isWhole && bytes.at !== undefined) {
    problems.add(body.at('bytes', 'at'), 'with format: bytes the payload itself is the bytes');
  }
  if (!isWhole && (bytes.at === undefined || format === undefined)) {
    problems.add(body.at('bytes'), 'bytes needs `at`, the text they stand in, or format: bytes');
  }
  if (isWhole && body.fields.split !== undefined) {
    problems.add(body.at('split'), 'bytes have no lines');
  }
  if (!isWhole && bytes.encoding === 'raw') {
    problems.add(body.at('bytes', 'encoding'), 'bytes within a text are hex, base64 or decimal');
  }
  const fields = Object.entries(bytes.fields).map(([name, field]): ByteField => {
    const { offset, type, sign = null, bits = null, endian = bytes.endian } = field;
    const at = body.at('bytes', 'fields', name);
    const width = widthOf(type) * 8;
    if (!type.startsWith('u') && (sign !== null || bits !== null)) {
      problems.add(at, 'bits and sign are read out of an unsigned type, as u16');
    }
    if (bits !== null && bits[0] + bits[1] > width) {
      problems.add([...at, 'bits'], `a ${type} has ${width} bits: [the lowest one, how many]`);
    }
    return { name, offset, type, sign, bits, order: endian ?? 'big' };
  });
  const length = lengthOf(bytes.length);
  if (isWhole) {
    const encoding = bytes.encoding ?? 'raw';
    return { parse: byteParser({ encoding, length, fields, checksum }), expand: null };
  }
  const reference = problems.at(body.at('bytes', 'at'), () => parseReference(bytes.at ?? '$.at'));
  if (reference === undefined || reference.up !== null) {
    problems.add(body.at('bytes', 'at'), 'write the place from the document, as $.data');
    return { parse: null, expand: null };
  }
  const encoding =
    bytes.encoding === undefined || bytes.encoding === 'raw' ? 'hex' : bytes.encoding;
  return { parse: null, expand: expander({ keys: reference.keys, encoding, length, fields }) };
}
