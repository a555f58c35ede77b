// Makes one entry of a profile's `readings` ready and says what is wrong with it: metric and unit against
// the table, templates against what is captured, options against each other.

import { BuiltinField } from './builtin-field.ts';
import { compileBuiltin, recordDefaults, unknownDecoder } from './compile-builtin.ts';
import type { Condition } from './condition.ts';
import { parseCondition } from './condition.ts';
import type { Field, FieldBasis, TimeRule } from './field.ts';
import { parseLinePattern } from './line-pattern.ts';
import type { DocumentPath, Problems } from './problems.ts';
import type { BodyDocument, ReadingDocument } from './profile-schema.ts';
import type { FieldRule } from './reading-field.ts';
import { ReadingField } from './reading-field.ts';
import type { TextPart } from './sent-value.ts';
import type { Template } from './template.ts';
import { asList, noTemplate, parseTemplate, rootKeysOf } from './template.ts';
import { TextField } from './text-field.ts';
import { UnitField } from './unit-field.ts';
import type { Conversion, MetricKind } from './units.ts';
import { findConversion, findMetric, unitSpellings } from './units.ts';

export interface ReadingContext {
  readonly reading: ReadingDocument;
  readonly body: BodyDocument;
  readonly at: (...rest: DocumentPath) => DocumentPath;
  /** Slots of the path's captures by name, and then of the topic's. */
  readonly slots: Map<string, number>;
  readonly slotOfTopic: (name: string) => number | undefined;
  readonly newSlot: () => number;
  readonly device: Template;
  readonly time: TimeRule | null;
  readonly areUnitsTold: boolean;
  /** Keeps wildcards off a key of the document that a template reads. */
  readonly reserve: (key: string) => void;
  readonly problems: Problems;
}

export function compileReading(context: ReadingContext): Field {
  const { reading, body, problems, at } = context;
  const part = compilePart(context);
  const slotOf = (name: string) => context.slots.get(name) ?? context.slotOfTopic(name);
  const template = (
    field: 'metric' | 'unit' | 'channel' | 'device' | 'argument' | 'of',
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
    when: compileConditions('when', context),
    unless: compileConditions('unless', context),
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
  const sentRule = {
    areTextsIgnored: body.texts === 'ignore',
    values: compileValues(context),
    part,
  };
  if (reading.type === 'unit') {
    const { when, unless } = basis;
    return new UnitField({ ...sentRule, when, unless, of: template('of') ?? noTemplate });
  }
  if (reading.type === 'text') {
    if (kind !== null) problems.add(at('type'), `${kind.metric} is a number in every profile`);
    return new TextField(
      { ...basis, ...sentRule },
      fixed && { ...fixed, conversion: null },
      sentinels,
    );
  }
  const unit = template('unit', records?.unit);
  const rule: FieldRule = {
    ...basis,
    ...sentRule,
    unit,
    unitIsCaptured: unit?.alternatives.some((parts) => parts.some(isSlot)) ?? false,
    isUnitTold: unit === null && context.areUnitsTold,
    isHex: reading.number === 'hex',
    areTextsNumbers:
      body.format !== 'json' || body.coerce === true || reading.number === 'hex' || part !== null,
    isTextFormat: body.format !== 'json',
    sign: reading.sign ?? null,
    bits: reading.bits ?? 16,
    scale: reading.scale ?? 1,
    offset: reading.offset ?? 0,
    range: reading.range ?? null,
    sentinels,
    isDecimalComma: (reading.decimal ?? body.decimal) === ',',
  };
  if (fixed === null) return new ReadingField(rule, null);
  const conversion = fixedConversion(kind, fixed.metric, unit, context);
  return new ReadingField(rule, { ...fixed, conversion });
}

/** Its captures are the reading's from here on. */
function compilePart({ reading, slots, newSlot, problems, at }: ReadingContext): TextPart | null {
  const { pattern: source } = reading;
  if (source === undefined) return null;
  const pattern = problems.at(at('pattern'), () => parseLinePattern(source));
  if (pattern === undefined) return null;
  const valueIndex = pattern.captures.indexOf('value');
  if (valueIndex < 0) problems.add(at('pattern'), 'the pattern captures no {value}');
  const own = pattern.captures.map((name) => {
    const slot = newSlot();
    slots.set(name, slot);
    return slot;
  });
  return { pattern, slots: own, valueIndex };
}

function compileValues({
  reading,
  problems,
  at,
}: ReadingContext): ReadonlyMap<string, number | string> | null {
  if (reading.values === undefined) return null;
  if (reading.type !== 'text') {
    for (const [sent, value] of Object.entries(reading.values)) {
      if (typeof value === 'number') continue;
      problems.add(at('values', sent), 'a text needs type: text; else it stands for a number');
    }
  }
  return new Map(Object.entries(reading.values));
}

function compileConditions(
  field: 'when' | 'unless',
  { reading, problems, at }: ReadingContext,
): Condition[] {
  const written = reading[field] ?? [];
  const list = Array.isArray(written) ? written : [written];
  return list.flatMap(
    (condition, index) =>
      problems.at(Array.isArray(written) ? at(field, index) : at(field), () =>
        parseCondition(condition),
      ) ?? [],
  );
}

/** What only a value has. */
const valueFields = ['metric', 'unit', 'channel', 'device', 'scale', 'offset', 'decoder'] as const;

/** Fields that need or exclude one another. */
function checkTogether({ reading, problems, at }: ReadingContext): void {
  if (reading.sign === undefined && reading.bits !== undefined) {
    problems.add(at('bits'), 'bits needs sign');
  }
  if (reading.range !== undefined && reading.range[0] > reading.range[1]) {
    problems.add(at('range'), 'the lowest value comes first');
  }
  if ((reading.type === 'unit') !== (reading.of !== undefined)) {
    problems.add(at('of'), 'type: unit and `of`, the topic whose unit it is, need one another');
  }
  if (reading.type === 'unit') {
    for (const field of valueFields) {
      if (reading[field] !== undefined) problems.add(at(field), `a unit has no ${field}`);
    }
  } else if (reading.decoder === undefined) {
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
