// The payload of Sparkplug B off the wire: the fields of sparkplug_b.proto that make readings. Tables,
// templates, files and metadata are passed over by their length, so nothing nests and nothing recurses.

import { BinaryReader } from '@bufbuild/protobuf/wire';

/** The member of the value's `oneof`. `other`: bytes, a table, a template or an extension. */
export type MetricForm = 'none' | 'int' | 'long' | 'float' | 'boolean' | 'string' | 'other';

export interface SparkplugMetric {
  name: string | undefined;
  alias: Alias | undefined;
  /** Milliseconds since the epoch. */
  timestampMs: number | undefined;
  datatype: number | undefined;
  isHistorical: boolean;
  isNull: boolean;
  form: MetricForm;
  number: number;
  /** Of form `long`: unsigned, as it is on the wire. */
  long: bigint;
  text: string;
  /** The property `engUnit`, as Ignition sends it; the specification knows none. */
  unit: string | undefined;
  /** The property `Quality`: 192 is good, 0 bad, 500 stale. */
  qualityCode: number | undefined;
}

/** A number where it is exact, for most are small; the rest are kept apart by their bigint. */
export type Alias = number | bigint;

export interface SparkplugPayload {
  timestampMs: number | undefined;
  seq: number | undefined;
  uuid: string;
  readonly metrics: SparkplugMetric[];
}

export class TooManyMetrics extends Error {}

/** A birth may name every value of a plant; more than these are no birth but an attack. */
export const metricsMax = 8192;
const propertiesMax = 256;

function aliasOf(value: bigint): Alias {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

/** Throws where the bytes are no such payload: what protobuf throws, or TooManyMetrics. */
export function readSparkplugPayload(bytes: Uint8Array): SparkplugPayload {
  const reader = new BinaryReader(bytes);
  const payload: SparkplugPayload = {
    timestampMs: undefined,
    seq: undefined,
    uuid: '',
    metrics: [],
  };
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    switch (tag) {
      case 8: // 1: timestamp
        payload.timestampMs = readInteger(reader);
        break;
      case 18: // 2: metrics
        if (payload.metrics.length >= metricsMax) throw new TooManyMetrics();
        payload.metrics.push(readMetric(reader));
        break;
      case 24: // 3: seq
        payload.seq = readInteger(reader);
        break;
      case 34: // 4: uuid
        payload.uuid = reader.string(true);
        break;
      default:
        skip(reader, tag);
    }
  }
  return payload;
}

function readInteger(reader: BinaryReader): number {
  return Number(reader.uint64());
}

/** A tag of no field, of a type that does not exist, or of a group's end on its own is refused. */
function skip(reader: BinaryReader, tag: number): void {
  if (tag >>> 3 === 0) throw new Error('a field without a number');
  reader.skip(tag & 7, tag >>> 3);
}

/** Where the message that starts here ends; it may not end behind what holds it. */
function endOf(reader: BinaryReader, limit: number): number {
  const end = reader.uint32() + reader.pos;
  if (end > limit) throw new RangeError('a field that ends behind the message');
  return end;
}

function readMetric(reader: BinaryReader): SparkplugMetric {
  const end = endOf(reader, reader.len);
  const metric: SparkplugMetric = {
    name: undefined,
    alias: undefined,
    timestampMs: undefined,
    datatype: undefined,
    isHistorical: false,
    isNull: false,
    form: 'none',
    number: 0,
    long: 0n,
    text: '',
    unit: undefined,
    qualityCode: undefined,
  };
  while (reader.pos < end) readMetricField(reader, metric, end);
  if (reader.pos !== end) throw new RangeError('a field that ends behind its metric');
  return metric;
}

function readMetricField(reader: BinaryReader, metric: SparkplugMetric, end: number): void {
  const tag = reader.uint32();
  switch (tag) {
    case 10: // 1: name
      metric.name = reader.string(true);
      break;
    case 16: // 2: alias
      metric.alias = aliasOf(BigInt(reader.uint64()));
      break;
    case 24: // 3: timestamp
      metric.timestampMs = readInteger(reader);
      break;
    case 32: // 4: datatype
      metric.datatype = reader.uint32();
      break;
    case 40: // 5: is_historical
      metric.isHistorical = reader.bool();
      break;
    case 56: // 7: is_null
      metric.isNull = reader.bool();
      break;
    case 74: // 9: properties
      readProperties(reader, metric, end);
      break;
    default:
      readValue(reader, metric, tag);
  }
}

function readValue(reader: BinaryReader, metric: SparkplugMetric, tag: number): void {
  switch (tag) {
    case 80: // 10: int_value
      metric.form = 'int';
      metric.number = reader.uint32();
      break;
    case 88: // 11: long_value
      metric.form = 'long';
      metric.long = BigInt(reader.uint64());
      break;
    case 101: // 12: float_value
      metric.form = 'float';
      metric.number = reader.float();
      break;
    case 105: // 13: double_value
      metric.form = 'float';
      metric.number = reader.double();
      break;
    case 112: // 14: boolean_value
      metric.form = 'boolean';
      metric.number = reader.bool() ? 1 : 0;
      break;
    case 122: // 15: string_value
      metric.form = 'string';
      metric.text = reader.string(true);
      break;
    case 130: // 16 to 19: bytes, dataset, template, extension
    case 138:
    case 146:
    case 154:
      metric.form = 'other';
      skip(reader, tag);
      break;
    default:
      skip(reader, tag);
  }
}

/** Keys and values are two lists, one beside the other. */
function readProperties(reader: BinaryReader, metric: SparkplugMetric, limit: number): void {
  const end = endOf(reader, limit);
  const keys: string[] = [];
  const values: { integer: number | undefined; text: string | undefined }[] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (keys.length + values.length > propertiesMax) throw new TooManyMetrics();
    if (tag === 10) keys.push(reader.string(true));
    else if (tag === 18) values.push(readPropertyValue(reader, end));
    else skip(reader, tag);
  }
  if (reader.pos !== end) throw new RangeError('a property that ends behind its set');
  for (const [index, key] of keys.entries()) {
    const value = values[index];
    if (value === undefined) return;
    if (key === 'Quality') metric.qualityCode = value.integer;
    else if (key === 'engUnit') metric.unit = value.text;
  }
}

function readPropertyValue(
  reader: BinaryReader,
  limit: number,
): { integer: number | undefined; text: string | undefined } {
  const end = endOf(reader, limit);
  let integer: number | undefined;
  let text: string | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    // 3: int_value, 4: long_value, 8: string_value
    if (tag === 24) integer = reader.uint32();
    else if (tag === 32) integer = readInteger(reader);
    else if (tag === 66) text = reader.string(true);
    else skip(reader, tag);
  }
  if (reader.pos !== end) throw new RangeError('a value that ends behind its property');
  return { integer, text };
}
