// Makes one entry of a profile's `readings` ready and says what is wrong with it: metric and unit against
// the table, templates against what is captured, options against each other.

import { BuiltinField } from './builtin-field.ts';
import { compileBuiltin, recordDefaults, unknownDecoder } from './compile-builtin.ts';
import type { Field, FieldBasis, TimeRule } from './field.ts';
import type { DocumentPath, Problems } from './problems.ts';
import type { BodyDocument, ReadingDocument } from './profile-schema.ts';
import type { FieldRule } from './reading-field.ts';
import { ReadingField } from './reading-field.ts';
import type { Template } from './template.ts';
import { asList, noTemplate, parseTemplate, rootKeysOf } from './template.ts';
import { TextField } from './text-field.ts';
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

export function compileReading(context: ReadingContext): Field {
  const { reading, body, slotOf, problems, at } = context;
  const template = (
    field: 'metric' | 'unit' | 'channel' | 'device' | 'argument',
    fallback?: string | string[],
  ) => {
    const sources = reading[field] ?? fallback;
    if (sources === undefined) return null;
    const parsed =
      problems.at(at(field), () => parseTemplate(asList(sources), slotOf)) ?? noTemplate;
    for (const key of rootKeysOf(parsed)) context.reserve(key);
    return parsed;
  };
  // Of a built-in decoder's records, unless the profile says otherwise.
  const records = body.decoder === undefined ? null : recordDefaults;
  const device = template('device');
  const basis: FieldBasis = {
    metric: template('metric') ?? noTemplate,
    channel: template('channel', body.channel ?? records?.channel),
    device: device ?? context.device,
    hasOwnDevice: device !== null,
    when: asList(reading.when ?? []),
    unless: asList(reading.unless ?? []),
    time: context.time,
  };
  checkTogether(context);
  if (reading.decoder !== undefined) {
    const call = compileBuiltin(reading.decoder, template('argument'), null);
    if (call !== undefined) return new BuiltinField(basis, call, reading.encoding ?? 'hex');
    problems.add(at('decoder'), unknownDecoder(reading.decoder));
  }
  const { metric } = basis;
  const kind = metric.constant === null ? null : (findMetric(metric.constant) ?? null);
  const sentinels = new Set([...(body.sentinels ?? []), ...(reading.sentinels ?? [])]);
  const fixed = metric.constant === null ? null : { metric: metric.constant, channel: '', kind };
  if (reading.type === 'text') {
    if (kind !== null) problems.add(at('type'), `${kind.metric} is a number in every profile`);
    return new TextField(basis, fixed && { ...fixed, conversion: null }, sentinels);
  }
  const unit = template('unit', records?.unit);
  const rule: FieldRule = {
    ...basis,
    unit,
    unitIsCaptured: unit?.alternatives.some((parts) => parts.some(isSlot)) ?? false,
    isHex: reading.number === 'hex',
    areTextsNumbers: body.format !== 'json' || body.coerce === true || reading.number === 'hex',
    isTextFormat: body.format !== 'json',
    areTextsIgnored: body.texts === 'ignore',
    sign: reading.sign ?? null,
    bits: reading.bits ?? 16,
    scale: reading.scale ?? 1,
    offset: reading.offset ?? 0,
    range: reading.range ?? null,
    sentinels,
  };
  if (fixed === null) return new ReadingField(rule, null);
  const conversion = fixedConversion(kind, fixed.metric, unit, context);
  return new ReadingField(rule, { ...fixed, conversion });
}

/** Fields that need or exclude one another. */
function checkTogether({ reading, problems, at }: ReadingContext): void {
  if (reading.sign === undefined && reading.bits !== undefined) {
    problems.add(at('bits'), 'bits needs sign');
  }
  if (reading.range !== undefined && reading.range[0] > reading.range[1]) {
    problems.add(at('range'), 'the lowest value comes first');
  }
  if (reading.decoder === undefined) {
    if (reading.metric === undefined) problems.add(at(), 'no metric: what is measured here');
    if (reading.argument !== undefined) problems.add(at('argument'), 'argument needs decoder');
    if (reading.encoding !== undefined) problems.add(at('encoding'), 'encoding needs decoder');
  } else if (reading.metric !== undefined) {
    problems.add(at('metric'), 'the decoder names its metrics itself');
  }
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
