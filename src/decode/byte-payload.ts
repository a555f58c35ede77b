// Binary payloads, alone or as hex or base64 in a text: from the bytes to an object of the fields that a
// profile names, after length and checksum were looked at.

import type { ByteField } from './byte-fields.ts';
import { readByteFields } from './byte-fields.ts';
import type { ByteEncoding } from './bytes-text.ts';
import { decodeBytes, decodeDecimalBytes } from './bytes-text.ts';
import type { ChecksumRule } from './checksum.ts';
import { verifyByteChecksum } from './checksum.ts';
import { typeName } from './field.ts';
import type { Expander, Fault, Parsed } from './payload-format.ts';
import { readText } from './payload-text.ts';

export type ByteParser = (payload: Uint8Array) => Parsed;

interface ByteShape {
  /** Fewest and most bytes; null for any number. */
  readonly length: readonly [number, number] | null;
  readonly fields: readonly ByteField[];
}

interface WholeShape extends ByteShape {
  readonly encoding: ByteEncoding | 'raw' | 'decimal';
  readonly checksum: ChecksumRule | null;
}

interface EmbeddedShape extends ByteShape {
  /** From the document down to the text. */
  readonly keys: readonly string[];
  readonly encoding: ByteEncoding | 'decimal';
}

function judgeLength(bytes: Buffer, { length }: ByteShape): Fault | null {
  if (length === null || (bytes.length >= length[0] && bytes.length <= length[1])) return null;
  const wanted = length[0] === length[1] ? String(length[0]) : `${length[0]} to ${length[1]}`;
  return { fault: 'wrong_type', detail: `${bytes.length} bytes where ${wanted} are expected` };
}

export function byteParser(shape: WholeShape): ByteParser {
  return (payload) => {
    const bytes = bytesOf(payload, shape.encoding);
    if (bytes === null)
      return { fault: 'wrong_type', detail: `the payload is not ${shape.encoding}` };
    const fault = judgeLength(bytes, shape);
    if (fault !== null) return fault;
    if (shape.checksum === null) return { document: readByteFields(bytes, shape.fields) };
    const verified = verifyByteChecksum(shape.checksum, bytes);
    if ('fault' in verified) return { fault: 'checksum', detail: verified.fault };
    return { document: readByteFields(verified.covered, shape.fields) };
  };
}

function bytesOf(payload: Uint8Array, encoding: WholeShape['encoding']): Buffer | null {
  if (encoding === 'raw') {
    return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  }
  const text = readText(payload);
  return text === null ? null : spelledBytes(text, encoding);
}

function spelledBytes(text: string, encoding: ByteEncoding | 'decimal'): Buffer | null {
  return encoding === 'decimal' ? decodeDecimalBytes(text) : decodeBytes(text, encoding);
}

/** Puts the fields in the place of the text. A document without the text stays as it is. */
export function expander(shape: EmbeddedShape): Expander {
  const { keys, encoding } = shape;
  const last = keys.at(-1)!;
  return (document) => {
    let place: unknown = document;
    for (const key of keys.slice(0, -1)) place = property(place, key);
    const value = property(place, last);
    if (value === undefined || value === null || value === '') return null;
    if (typeof value !== 'string') {
      return { fault: 'wrong_type', detail: `${typeName(value)} where ${encoding} should be` };
    }
    const bytes = spelledBytes(value, encoding);
    if (bytes === null) return { fault: 'wrong_type', detail: `a text that is not ${encoding}` };
    const fault = judgeLength(bytes, shape);
    if (fault !== null) return fault;
    (place as Record<string, unknown>)[last] = readByteFields(bytes, shape.fields);
    return null;
  };
}

function property(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
