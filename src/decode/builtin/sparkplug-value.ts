// What a metric's value is, by its data type (Sparkplug 3.0, 6.4.16): the protocol puts signed integers
// into unsigned fields, and states and tables beside the numbers.

import type { DeadLetterReason, DropReason } from '../../core/contracts.ts';
import type { SparkplugMetric } from './sparkplug-payload.ts';

export type SparkplugValue =
  | { readonly value: number | string }
  | { readonly dropped: DropReason }
  | { readonly fault: DeadLetterReason; readonly detail: string };

const integers = new Map<number, { readonly bits: number; readonly isSigned: boolean }>([
  [1, { bits: 8, isSigned: true }],
  [2, { bits: 16, isSigned: true }],
  [3, { bits: 32, isSigned: true }],
  [4, { bits: 64, isSigned: true }],
  [5, { bits: 8, isSigned: false }],
  [6, { bits: 16, isSigned: false }],
  [7, { bits: 32, isSigned: false }],
  [8, { bits: 64, isSigned: false }],
]);

const float = 9;
const double = 10;
const boolean = 11;
const dateTime = 13;
/** String, Text, UUID. */
const texts = new Set([12, 14, 15]);

/** `datatype` is the metric's own, else the one of its birth; 0 or undefined where neither says it. */
export function metricValueOf(
  metric: SparkplugMetric,
  datatype: number | undefined,
): SparkplugValue {
  if (metric.isNull || metric.form === 'none') return { dropped: 'null_value' };
  if (metric.form === 'other') return { dropped: 'unsupported_type' };
  if (datatype === undefined || datatype === 0) return untyped(metric);
  if (datatype === boolean || datatype === dateTime) return { dropped: 'no_measurement' };
  if (texts.has(datatype)) {
    return metric.form === 'string' ? { value: metric.text } : misfit(metric, datatype);
  }
  if (datatype === float || datatype === double) {
    return metric.form === 'float' ? { value: metric.number } : misfit(metric, datatype);
  }
  const integer = integers.get(datatype);
  if (integer === undefined) return { dropped: 'unsupported_type' };
  const value = readInteger(metric, integer.bits, integer.isSigned);
  return value === null ? misfit(metric, datatype) : { value };
}

function misfit(metric: SparkplugMetric, datatype: number): SparkplugValue {
  const detail = `Sparkplug: a value (${metric.form}) that is none of data type ${datatype}`;
  return { fault: 'wrong_type', detail };
}

/** Without a type a float is one; the sign of a large integer is not known, so it is no number. */
function untyped(metric: SparkplugMetric): SparkplugValue {
  switch (metric.form) {
    case 'float':
      return { value: metric.number };
    case 'string':
      return { value: metric.text };
    case 'boolean':
      return { dropped: 'no_measurement' };
    default: {
      const value = metric.form === 'int' ? metric.number : Number(metric.long);
      const limit = metric.form === 'int' ? 2 ** 31 : 2 ** 63;
      if (value < limit) return { value };
      return { fault: 'wrong_type', detail: 'Sparkplug: an integer whose data type is not known' };
    }
  }
}

/**
 * Signed: two's complement in the field's own 32 or 64 bits, as the reference libraries write it, or in
 * the type's. Null for a number that the type has no room for.
 */
function readInteger(metric: SparkplugMetric, bits: number, isSigned: boolean): number | null {
  const { form } = metric;
  if (form !== 'int' && form !== 'long') return null;
  if (form === 'long' && metric.long > BigInt(Number.MAX_SAFE_INTEGER)) {
    return readLong(metric.long, bits, isSigned);
  }
  const raw = form === 'int' ? metric.number : Number(metric.long);
  const room = 2 ** bits;
  if (!isSigned) return raw < room ? raw : null;
  if (raw < room / 2) return raw;
  if (raw < room) return raw - room;
  const wide = raw - 2 ** 32;
  return form === 'int' && wide < 0 && wide >= -room / 2 ? wide : null;
}

function readLong(long: bigint, bits: number, isSigned: boolean): number | null {
  if (!isSigned) return bits === 64 ? Number(long) : null;
  const signed = BigInt.asIntN(64, long);
  return signed >= -(2n ** BigInt(bits - 1)) && signed < 2n ** BigInt(bits - 1)
    ? Number(signed)
    : null;
}
