// SenML (RFC 8428) in JSON or CBOR: base fields applied to the records that follow them, times made
// absolute, each record one value. A pack is understood as a whole or not at all, as 4.4 wants it.

import { parseEpoch, timeUnusable } from '../device-time.ts';
import { nameMetricCached } from '../metric-names.ts';
import type { Parsed } from '../payload-format.ts';
import { parseJson } from '../payload-format.ts';
import { readText } from '../payload-text.ts';
import type { BuiltinContext, BuiltinDecoder, BuiltinSink } from './contract.ts';
import { parseCbor } from './senml-cbor.ts';
import type { SenmlFields } from './senml-fields.ts';
import { readSenmlRecord } from './senml-fields.ts';
import { nameByUnit } from './unit-metric.ts';

/** Of the RFC; no later one has been defined. */
const versionMax = 10;
const recordsMax = 2000;
/** Seconds below it are relative to now (4.5.3). */
const absoluteFrom = 2 ** 28;

function parsePack(payload: Uint8Array): Parsed {
  // Major type 4 of CBOR, which no text of JSON begins with.
  if (payload.length > 0 && payload[0]! >> 5 === 4) return parseCbor(payload);
  const text = readText(payload);
  if (text === null) return { fault: 'malformed', detail: 'SenML: neither JSON nor CBOR' };
  return parseJson(text);
}

function readPack(payload: Uint8Array, sink: BuiltinSink): SenmlFields[] | null {
  const parsed = parsePack(payload);
  if ('fault' in parsed) {
    sink.reject(parsed.fault, parsed.detail);
    return null;
  }
  const document = 'document' in parsed ? parsed.document : null;
  if (!Array.isArray(document)) {
    sink.reject('wrong_type', 'SenML: a pack is an array');
    return null;
  }
  if (document.length > recordsMax) {
    sink.reject('too_many_readings', `SenML: ${document.length} records`);
    return null;
  }
  const records: SenmlFields[] = [];
  for (const element of document) {
    const fields = readSenmlRecord(element);
    if ('fault' in fields) {
      sink.reject(fields.fault, fields.detail);
      return null;
    }
    if (fields.bver !== undefined && fields.bver > versionMax) {
      sink.reject('unsupported', `SenML: version ${fields.bver}`);
      return null;
    }
    records.push(fields);
  }
  return records;
}

/** What the base fields have come to. */
interface Base {
  name: string | undefined;
  time: number | undefined;
  unit: string | undefined;
  value: number | undefined;
}

function applyBases(base: Base, record: SenmlFields): void {
  base.name = record.bn ?? base.name;
  base.time = record.bt ?? base.time;
  base.unit = record.bu ?? base.unit;
  base.value = record.bv ?? base.value;
}

function timeOf(base: Base, record: SenmlFields, receivedAtUs: number): number | undefined {
  const seconds = (base.time ?? 0) + (record.t ?? 0);
  if (seconds === 0) return undefined;
  if (!Number.isFinite(seconds)) return timeUnusable;
  if (seconds >= absoluteFrom) return parseEpoch(seconds, 's');
  const us = receivedAtUs + Math.round(seconds * 1_000_000);
  return us > 0 ? us : timeUnusable;
}

interface Subject {
  readonly device: string | undefined;
  readonly name: string;
}

const lastPart = /^(.+)[:/]([^:/]+)$/;

/**
 * The device is the base name, the rest names what is measured. Without a base name a record's own is
 * the device, but for an end that is a metric (`urn:dev:ow:10e2073a01080063:voltage`); a name that is
 * no URN at all (`temp`) belongs to the device of the topic.
 */
function subjectOf(base: string | undefined, name: string): Subject {
  if (base !== undefined && base !== '') return { device: withoutSlash(base), name };
  const parts = lastPart.exec(name);
  if (parts === null) return { device: undefined, name };
  const [, device, last] = parts as unknown as [string, string, string];
  if (nameMetricCached(last).kind !== null) return { device, name: last };
  return { device: withoutSlash(name), name: '' };
}

/** No name of a device ends in a slash; names of SenML that are made of paths do. */
function withoutSlash(name: string): string {
  return name.length > 1 && name.endsWith('/') ? name.slice(0, -1) : name;
}

function emitRecord(
  base: Base,
  record: SenmlFields,
  context: BuiltinContext,
  sink: BuiltinSink,
): void {
  if (record.hasOtherValue) {
    sink.drop('no_measurement');
    return;
  }
  const isNumber = record.vs === undefined && (record.v !== undefined || base.value !== undefined);
  if (!isNumber && record.vs === undefined) {
    // Only a sum, or only base fields for the records that follow.
    sink.drop(record.s === undefined ? 'null_value' : 'unsupported_type');
    return;
  }
  const { device, name } = subjectOf(base.name, record.n ?? '');
  const sentUnit = record.u ?? base.unit;
  // A text has no unit. "/" is a ratio of 1, and %EL the share of a battery that is left (12.1).
  const unit = record.vs !== undefined ? undefined : sentUnit === '/' ? '1' : sentUnit;
  const named = nameByUnit(name, unit);
  sink.add({
    name: named.name === '' ? 'value' : named.name,
    value: record.vs ?? (record.v ?? 0) + (base.value ?? 0),
    unit: named.unit === '%EL' ? '%' : named.unit,
    device,
    channel: named.channel,
    timeUs: timeOf(base, record, context.receivedAtUs),
  });
}

export function createSenmlDecoder(): BuiltinDecoder {
  return {
    decode(payload, context, sink) {
      const records = readPack(payload, sink);
      if (records === null) return;
      const base: Base = { name: undefined, time: undefined, unit: undefined, value: undefined };
      for (const record of records) {
        if (sink.isOver) return;
        applyBases(base, record);
        emitRecord(base, record, context, sink);
      }
    },
  };
}
