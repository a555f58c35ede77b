// One reading of a profile, made ready: from the value found in the payload to a reading in the
// canonical unit, or to the reason why it is none. Nothing here is decided twice for one name or unit.

import type { Emission } from './emission.ts';
import type { Field, FieldBasis, Series } from './field.ts';
import { appliesTo, applyTime, findChannel, findDevice, nameSeries, typeName } from './field.ts';
import { quote } from './names.ts';
import type { NumberText } from './number-text.ts';
import { applySign, parseCommaDecimal, parseDecimal, parseHex } from './number-text.ts';
import type { TextPart } from './sent-value.ts';
import { readSent } from './sent-value.ts';
import type { Template } from './template.ts';
import { renderTemplate } from './template.ts';
import type { Conversion } from './units.ts';
import { convert, findConversion } from './units.ts';

export interface FieldRule extends FieldBasis {
  /** Null: the canonical unit, or the one in the metric's own name. */
  readonly unit: Template | null;
  readonly unitIsCaptured: boolean;
  /** The unit is what was told of the topic; where nothing was, the reading has none. */
  readonly isUnitTold: boolean;
  readonly isHex: boolean;
  readonly areTextsNumbers: boolean;
  /** Every value is a text there: an empty one is only missing, and a foreign name may have a number. */
  readonly isTextFormat: boolean;
  readonly areTextsIgnored: boolean;
  readonly sign: 'magnitude' | 'twos-complement' | null;
  readonly bits: number;
  readonly scale: number;
  readonly offset: number;
  readonly range: readonly [number, number] | null;
  readonly sentinels: ReadonlySet<number | string>;
  /** Texts have a comma for the point. */
  readonly isDecimalComma: boolean;
  /** What a value as sent stands for; null where it stands for itself. */
  readonly values: ReadonlyMap<string, number | string> | null;
  /** Takes the value out of a longer text; null where it is the text. */
  readonly part: TextPart | null;
}

/** Of a value whose unit nobody knows: it stays as it is, and no unit is claimed for it. */
const noUnit: Conversion = { pre: 0, mul: 1, div: 1 };

export class ReadingField implements Field {
  readonly #rule: FieldRule;
  /** The metric where its name is no capture. */
  readonly #fixed: Series | null;
  readonly #fixedConversion: Conversion | null;
  readonly #divisor: number;
  readonly #isScaled: boolean;

  constructor(rule: FieldRule, fixed: Series | null) {
    this.#rule = rule;
    this.#fixed = fixed;
    this.#fixedConversion = fixed?.conversion ?? null;
    // 215 × 0.1 is 21.5 and 227 × 0.1 is 22.700000000000003, but 227 / 10 is 22.7.
    const inverse = Math.round(1 / rule.scale);
    this.#divisor = Math.abs(inverse * rule.scale - 1) < 1e-12 ? inverse : 0;
    this.#isScaled = rule.scale !== 1 || rule.offset !== 0;
  }

  emit(sent: unknown, emission: Emission): void {
    const rule = this.#rule;
    const isPlain = rule.values === null && rule.part === null;
    if (!emission.visit() || !appliesTo(rule, sent, emission)) return;
    const value = isPlain ? sent : readSent(rule, sent, emission);
    if (value === undefined) return;
    if (value === null) {
      emission.drop('null_value');
      return;
    }
    const series = this.#fixed ?? nameSeries(rule, emission);
    if (series === null) return;
    let number: number;
    let unitInText = '';
    if (typeof value === 'number') {
      number = value;
    } else {
      const read = this.#readOther(value, series, emission);
      if (read === null) return;
      number = read.value;
      unitInText = read.unit;
    }
    if (!Number.isFinite(number)) {
      emission.reject('invalid_number', `${series.metric} is too large for a number`);
      return;
    }
    if (rule.sentinels.size > 0 && rule.sentinels.has(number)) {
      emission.drop('sentinel');
      return;
    }
    if (rule.sign !== null) number = applySign(number, rule.sign, rule.bits);
    if (this.#isScaled) {
      number = this.#scale(number);
    }
    const conversion = this.#findUnit(series, unitInText, emission);
    if (conversion === undefined) return;
    if (conversion !== null) number = convert(number, conversion);
    const kind = conversion === noUnit ? null : series.kind;
    if (conversion !== noUnit && !this.#isPlausible(number, series)) {
      emission.reject('out_of_range', `${series.metric} ${number} is not plausible`);
      return;
    }
    const device = findDevice(rule, emission);
    const channel = findChannel(rule, series, emission);
    if (device === null || channel === null) return;
    if (rule.time !== null) applyTime(rule.time, emission);
    emission.add({
      device,
      channel,
      metric: series.metric,
      unit: kind === null ? '' : kind.unit,
      value: number + 0,
      measuredAtUs: emission.measuredAtUs,
      quality: emission.quality,
    });
  }

  #scale(value: number): number {
    const { scale, offset } = this.#rule;
    const divisor = this.#divisor;
    if (divisor === 0) return value * scale + offset;
    // 1174 / 10 - 100 is 17.400000000000006, but (1174 - 1000) / 10 is 17.4.
    const steps = offset * divisor;
    return Number.isInteger(steps) ? (value + steps) / divisor : value / divisor + offset;
  }

  /** A value that is not a JSON number. */
  #readOther(
    value: unknown,
    series: Series,
    emission: Emission,
  ): { readonly value: number; readonly unit: string } | null {
    const rule = this.#rule;
    // Under a wildcard, a field that is no measurement is the rule and not a fault.
    const isForeign = this.#fixed === null && series.kind === null;
    if (typeof value !== 'string') {
      if (isForeign) emission.drop('ignored_field');
      else emission.reject('wrong_type', `${series.metric} is ${typeName(value)}, not a number`);
      return null;
    }
    if (rule.sentinels.size > 0 && rule.sentinels.has(value.trim())) {
      emission.drop('sentinel');
      return null;
    }
    if (isForeign && !rule.isTextFormat) {
      emission.drop('ignored_field');
      return null;
    }
    if (value === '' && rule.isTextFormat) {
      emission.drop('null_value');
      return null;
    }
    const read = this.#parse(value);
    if (read.kind === 'dropped') {
      emission.drop(read.reason);
    } else if (read.kind === 'number' && rule.areTextsNumbers) {
      return read;
    } else if (isForeign) {
      emission.drop('ignored_field');
    } else if (rule.areTextsIgnored) {
      emission.drop('no_measurement');
    } else if (read.kind === 'invalid') {
      emission.reject('invalid_number', `${series.metric} ${quote(value)} is not a number`);
    } else {
      emission.reject('wrong_type', `${series.metric} is a text; the profile may say coerce: true`);
    }
    return null;
  }

  #parse(text: string): NumberText {
    if (this.#rule.isHex) return parseHex(text);
    return this.#rule.isDecimalComma ? parseCommaDecimal(text) : parseDecimal(text);
  }

  /** Null: the value is in the canonical unit. Undefined: it has been refused. */
  #findUnit(series: Series, unitInText: string, emission: Emission): Conversion | null | undefined {
    const { unit, unitIsCaptured } = this.#rule;
    let name = unitInText;
    if (name === '') {
      if (this.#rule.isUnitTold) return findTold(series, emission);
      if (unit === null || this.#fixedConversion !== null) return series.conversion;
      const rendered = renderTemplate(unit, emission);
      if (rendered === undefined) return series.conversion;
      name = rendered;
    }
    if (series.kind === null) {
      if (unitInText === '') return null;
      emission.reject('invalid_number', `no unit is known for ${series.metric}`);
      return undefined;
    }
    const conversion = findConversion(series.kind, name);
    if (conversion !== undefined) return conversion;
    if (unitIsCaptured && unitInText === '') emission.drop('ignored_field');
    else emission.reject('wrong_type', `${quote(name)} is no unit of ${series.metric}`);
    return undefined;
  }

  #isPlausible(value: number, series: Series): boolean {
    const { range } = this.#rule;
    if (range !== null) return value >= range[0] && value <= range[1];
    if (series.kind !== null) return value >= series.kind.min && value <= series.kind.max;
    return !Number.isNaN(value);
  }
}

/** A unit in the metric's own name counts as told; one that the metric cannot have tells nothing of it. */
function findTold({ kind, conversion }: Series, emission: Emission): Conversion | null {
  if (kind === null || kind.unit === '') return conversion;
  const unit = emission.units.of(emission.topic);
  if (unit === undefined) return conversion ?? noUnit;
  return findConversion(kind, unit) ?? noUnit;
}
