// Numbers at fixed places of a binary payload: the bytes become an object with a property for each field
// that the profile names, and the rest of the profile reads it as it reads JSON.

import { applySign } from './number-text.ts';

export const byteTypes = [
  'u8',
  'i8',
  'u16',
  'i16',
  'u24',
  'i24',
  'u32',
  'i32',
  'u48',
  'i48',
  'f32',
  'f64',
] as const;

export type ByteType = (typeof byteTypes)[number];

export interface ByteField {
  readonly name: string;
  /** From the first byte; below zero from the end. */
  readonly offset: number;
  readonly type: ByteType;
  /** `big-swapped`: of four bytes the lower two come first; each two are big-endian. */
  readonly order: 'big' | 'little' | 'big-swapped';
  /** The lowest bit and how many, of an unsigned type; null for all of them. */
  readonly bits: readonly [number, number] | null;
  readonly sign: 'magnitude' | 'twos-complement' | null;
}

export function widthOf(type: ByteType): number {
  return Number(type.slice(1)) / 8;
}

function readNumber(whole: Buffer, from: number, { type, order }: ByteField): number {
  const isSwapped = order === 'big-swapped' && widthOf(type) === 4;
  const bytes = isSwapped ? swapHalves(whole, from) : whole;
  const at = isSwapped ? 0 : from;
  const isLittle = order === 'little';
  if (type === 'f32') return isLittle ? bytes.readFloatLE(at) : bytes.readFloatBE(at);
  if (type === 'f64') return isLittle ? bytes.readDoubleLE(at) : bytes.readDoubleBE(at);
  const width = widthOf(type);
  if (type.startsWith('u')) {
    return isLittle ? bytes.readUIntLE(at, width) : bytes.readUIntBE(at, width);
  }
  return isLittle ? bytes.readIntLE(at, width) : bytes.readIntBE(at, width);
}

function swapHalves(bytes: Buffer, at: number): Buffer {
  return Buffer.concat([bytes.subarray(at + 2, at + 4), bytes.subarray(at, at + 2)]);
}

function readField(bytes: Buffer, at: number, field: ByteField): number {
  const { bits, sign, type } = field;
  let value = readNumber(bytes, at, field);
  // By division, for a mask would cut a number at 32 bits.
  if (bits !== null) value = Math.floor(value / 2 ** bits[0]) % 2 ** bits[1];
  if (sign === null) return value;
  return applySign(value, sign, bits === null ? widthOf(type) * 8 : bits[1]);
}

/** The fields that the bytes reach; one that they do not is left out, as a missing key of JSON is. */
export function readByteFields(
  bytes: Buffer,
  fields: readonly ByteField[],
): Record<string, number> {
  const document: Record<string, number> = Object.create(null);
  for (const field of fields) {
    const at = field.offset < 0 ? bytes.length + field.offset : field.offset;
    if (at < 0 || at + widthOf(field.type) > bytes.length) continue;
    document[field.name] = readField(bytes, at, field);
  }
  return document;
}
