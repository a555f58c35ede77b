// Makes one entry of a profile's `readings` ready and says what is wrong with it: metric and unit against
// the table, templates against what is captured, options against each other.

import type { DocumentPath, Problems } from './problems.ts';
import type { BodyDocument, ReadingDocument } from './profile-schema.ts';
import type { FieldRule, TimeRule } from './reading-field.ts';
import { ReadingField } from './reading-field.ts';
import type { Template } from './template.ts';
import { asList, noTemplate, parseTemplate, rootKeysOf } from './template.ts';
import type { Conversion, MetricKind } from './units.ts';
import { findConversion, findMetric, unitSpellings } from './units.ts';

export interface ReadingContext {
  readonly reading: ReadingDocument;
  readonly body: BodyDocument;
  readonly at: (...rest: DocumentPath) => DocumentPath;
  readonly slotOf: (name: string) => number | undefined;
  readonly device: Template;
  readonly time: TimeRule | null;
  /** Keeps wildcards off a key of the document that a template reads. */
  readonly reserve: (key: string) => void;
  readonly problems: Problems;
}

export function compileReading(context: ReadingContext): ReadingField {
  const { reading, body, slotOf, problems, at } = context;
  const template = (
    field: 'metric' | 'unit' | 'channel' | 'device',
    fallback?: string | string[],
  ) => {
    const sources = reading[field] ?? fallback;
    if (sources === undefined) return null;
    const parsed =
      problems.at(at(field), () => parseTemplate(asList(sources), slotOf)) ?? noTemplate;
    for (const key of rootKeysOf(parsed)) context.reserve(key);
    return parsed;
  };
  const metric = template('metric')!;
  const unit = template('unit');
  const kind = metric.constant === null ? null : (findMetric(metric.constant) ?? null);
  const sign = reading.sign ?? null;
  if (sign === null && reading.bits !== undefined) problems.add(at('bits'), 'bits needs sign');
  if (reading.range !== undefined && reading.range[0] > reading.range[1]) {
    problems.add(at('range'), 'the lowest value comes first');
  }
  const device = template('device');
  const rule: FieldRule = {
    metric,
    unit,
    unitIsCaptured: unit?.alternatives.some((parts) => parts.some(isSlot)) ?? false,
    channel: template('channel', body.channel),
    device: device ?? context.device,
    hasOwnDevice: device !== null,
    isHex: reading.number === 'hex',
    areTextsNumbers: body.format !== 'json' || body.coerce === true || reading.number === 'hex',
    isTextFormat: body.format !== 'json',
    areTextsIgnored: body.texts === 'ignore',
    sign,
    bits: reading.bits ?? 16,
    scale: reading.scale ?? 1,
    offset: reading.offset ?? 0,
    range: reading.range ?? null,
    sentinels: new Set([...(body.sentinels ?? []), ...(reading.sentinels ?? [])]),
    when: asList(reading.when ?? []),
    unless: asList(reading.unless ?? []),
    time: context.time,
  };
  if (metric.constant === null) return new ReadingField(rule, null);
  const conversion = fixedConversion(kind, metric.constant, unit, context);
  return new ReadingField(rule, { metric: metric.constant, channel: '', kind, conversion });
}

function isSlot(part: unknown): boolean {
  return typeof part === 'object' && part !== null && 'slot' in part;
}

function fixedConversion(
  kind: MetricKind | null,
  metric: string,
  unit: Template | null,
  { problems, at }: ReadingContext,
): Conversion | null {
  if (unit === null || unit.constant === null) return null;
  if (kind === null) {
    problems.add(at('unit'), `${metric} is not in the table of metrics, so it has no unit`);
    return null;
  }
  const conversion = findConversion(kind, unit.constant);
  if (conversion === undefined) {
    const known = unitSpellings(kind).filter((spelling) => spelling !== '');
    const right = known.length === 0 ? 'leave the unit out' : `it is one of ${known.join(', ')}`;
    problems.add(at('unit'), `"${unit.constant}" is no unit of ${metric}; ${right}`);
    return null;
  }
  return conversion;
}
