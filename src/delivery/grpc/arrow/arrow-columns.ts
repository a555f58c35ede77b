// Arrow columns out of arrays, and the schema of readings: names and types as in the sealed files.
// https://arrow.apache.org/docs/format/Columnar.html

import {
  Batch,
  Column,
  type DataType,
  dictionary,
  type Field,
  field,
  float64,
  int32,
  TimeUnit,
  timestamp,
  uint8,
  uint64,
  utf8,
} from '@uwdata/flechette';

/** The columns that are dictionaries, in the order of the schema. */
export const nameColumns = ['device', 'channel', 'metric', 'unit', 'source'] as const;

export type NameColumn = (typeof nameColumns)[number];

// Each of its own: the library tells dictionaries apart by the type of their values.
const nameTypes = Object.fromEntries(
  nameColumns.map((name) => [name, dictionary(utf8(), int32())]),
) as Record<NameColumn, ReturnType<typeof dictionary>>;

export const types = {
  offset: uint64(),
  ...nameTypes,
  measured_at: timestamp(TimeUnit.MICROSECOND, 'UTC'),
  received_at: timestamp(TimeUnit.MICROSECOND, 'UTC'),
  number: float64(),
  text: utf8(),
  quality: uint8(),
} as const;

const nullable: readonly string[] = ['number', 'text'];

export const fields: Field[] = Object.entries(types).map(([name, type]) =>
  field(name, type, nullable.includes(name)),
);

const textEncoder = new TextEncoder();
const UNIT_BYTES_MAX = 3;
const allValid = new Uint8Array(0);

/** Grows: as many zeros as any column ever took. */
let zeros = new ArrayBuffer(0);

function zeroBytes(bytes: number): ArrayBuffer {
  if (zeros.byteLength < bytes) zeros = new ArrayBuffer(bytes);
  return zeros;
}

export interface Nulls {
  readonly count: number;
  /** A bit a row, the lowest first: 1 where there is a value. */
  readonly valid: Uint8Array;
}

const noNulls: Nulls = { count: 0, valid: allValid };

/** The bits of rows that have a text and of those that have none, which have a number. */
export function nullsOf(texts: readonly (string | null)[]): { text: Nulls; number: Nulls } {
  const withText = new Uint8Array(Math.ceil(texts.length / 8));
  let count = 0;
  for (let row = 0; row < texts.length; row++) {
    if (texts[row] === null) continue;
    withText[row >> 3] = (withText[row >> 3] as number) | (1 << (row & 7));
    count += 1;
  }
  return {
    text: { count: texts.length - count, valid: withText },
    number: { count, valid: withText.map((bits) => ~bits) },
  };
}

/** Values of a fixed width; the column is a view on them. */
export function fixedColumn(
  type: DataType,
  values: BigInt64Array | Float64Array | Int32Array | Uint8Array,
  nulls: Nulls = noNulls,
): Column<unknown> {
  return columnOf({
    type,
    length: values.length,
    nullCount: nulls.count,
    validity: nulls.valid,
    values,
  });
}

/** Codes into `names`, which may be shared by many columns; a view on both. */
export function dictionaryColumn(
  type: DataType,
  codes: Int32Array,
  names: Column<unknown>,
): Column<unknown> {
  const batch = batchOf({
    type,
    length: codes.length,
    nullCount: 0,
    validity: allValid,
    values: codes,
  });
  // The library's own way to set it decodes every name.
  return new Column([Object.assign(batch, { dictionary: names })]);
}

export function textColumn(
  type: DataType,
  texts: readonly (string | null)[],
  nulls: Nulls = noNulls,
): Column<unknown> {
  let units = 0;
  for (const text of texts) units += text?.length ?? 0;
  const values = new Uint8Array(UNIT_BYTES_MAX * units);
  const offsets = new Int32Array(texts.length + 1);
  let end = 0;
  for (let row = 0; row < texts.length; row++) {
    const text = texts[row];
    if (text) end += textEncoder.encodeInto(text, values.subarray(end)).written;
    offsets[row + 1] = end;
  }
  return columnOf({
    type,
    length: texts.length,
    nullCount: nulls.count,
    validity: nulls.valid,
    offsets,
    values: values.subarray(0, end),
  });
}

/** A text column without a single text. */
export function emptyTextColumn(type: DataType, count: number): Column<unknown> {
  const bytes = zeroBytes(4 * (count + 1));
  return columnOf({
    type,
    length: count,
    nullCount: count,
    validity: new Uint8Array(bytes, 0, Math.ceil(count / 8)),
    offsets: new Int32Array(bytes, 0, count + 1),
    values: new Uint8Array(0),
  });
}

type BatchParts = ConstructorParameters<typeof Batch>[0];

function columnOf(parts: BatchParts): Column<unknown> {
  return new Column([batchOf(parts)]);
}

function batchOf(parts: BatchParts): Batch<unknown> {
  return new Batch<unknown>(parts);
}
