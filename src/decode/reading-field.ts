// One reading of a profile, made ready: from the value found in the payload to a reading in the
// canonical unit, or to the reason why it is none. Nothing here is decided twice for one name or unit.

import type { TimeForm } from './device-time.ts';
import { parseTime } from './device-time.ts';
import type { Emission } from './emission.ts';
import { nameMetricCached } from './metric-names.ts';
import { judgeName, nameLengthMax, quote } from './names.ts';
import type { NumberText } from './number-text.ts';
import { applySign, parseDecimal, parseHex } from './number-text.ts';
import type { FieldReference, Template } from './template.ts';
import { readReference, renderTemplate } from './template.ts';
import type { Conversion, MetricKind } from './units.ts';
import { convert, findConversion } from './units.ts';

export interface TimeRule {
  readonly references: readonly FieldReference[];
  readonly form: TimeForm;
  readonly zoneMinutes: number | null;
}

export interface FieldRule {
  readonly metric: Template;
  /** Null: the canonical unit, or the one in the metric's own name. */
  readonly unit: Template | null;
  readonly unitIsCaptured: boolean;
  readonly channel: Template | null;
  /** Null: the device of the message. */
  readonly device: Template;
  readonly hasOwnDevice: boolean;
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
  readonly when: readonly string[];
  readonly unless: readonly string[];
  /** Set only when the time stands beside the value and not once in the document. */
  readonly time: TimeRule | null;
}

export function applyTime(time: TimeRule, emission: Emission): void {
  for (const reference of time.references) {
    const value = readReference(reference, emission);
    if (value === undefined || value === null) continue;
    emission.useDeviceTime(parseTime(value, time.form, time.zoneMinutes));
    return;
  }
  emission.useArrivalTime();
}

interface Series {
  readonly metric: string;
  readonly channel: string;
  readonly kind: MetricKind | null;
  readonly conversion: Conversion | null;
}

export class ReadingField {
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

  emit(value: unknown, emission: Emission): void {
    const rule = this.#rule;
    if (!emission.visit() || !this.#applies(emission)) return;
    if (value === null) {
      emission.drop('null_value');
      return;
    }
    const series = this.#fixed ?? this.#nameSeries(emission);
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
      number = (this.#divisor === 0 ? number * rule.scale : number / this.#divisor) + rule.offset;
    }
    const conversion = this.#findUnit(series, unitInText, emission);
    if (conversion === undefined) return;
    if (conversion !== null) number = convert(number, conversion);
    if (!this.#isPlausible(number, series)) {
      emission.reject('out_of_range', `${series.metric} ${number} is not plausible`);
      return;
    }
    const device = this.#findDevice(emission);
    const channel = this.#findChannel(series, emission);
    if (device === null || channel === null) return;
    if (rule.time !== null) applyTime(rule.time, emission);
    emission.add({
      device,
      channel,
      metric: series.metric,
      unit: series.kind === null ? '' : series.kind.unit,
      value: number + 0,
      measuredAtUs: emission.measuredAtUs,
      quality: emission.quality,
    });
  }

  #applies(emission: Emission): boolean {
    const { when, unless } = this.#rule;
    if (when.length === 0 && unless.length === 0) return true;
    const beside = emission.containers[emission.depth];
    if (typeof beside !== 'object' || beside === null) return when.length === 0;
    const has = (key: string) => Object.hasOwn(beside, key);
    return (when.length === 0 || when.some(has)) && !unless.some(has);
  }

  #nameSeries(emission: Emission): Series | null {
    const name = renderTemplate(this.#rule.metric, emission);
    if (name === undefined) {
      emission.reject('name_invalid', 'no name for the metric');
      return null;
    }
    const named = nameMetricCached(name);
    if (named.kind !== null) return named;
    const fault = judgeName(named.metric);
    if (fault === null) return named;
    const limit = fault === 'name_too_long' ? ` is longer than ${nameLengthMax}` : '';
    emission.reject(fault, `the metric ${quote(name)}${limit}`);
    return null;
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
    const read: NumberText = rule.isHex ? parseHex(value) : parseDecimal(value);
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

  /** Null: the value is in the canonical unit. Undefined: it has been refused. */
  #findUnit(series: Series, unitInText: string, emission: Emission): Conversion | null | undefined {
    const { unit, unitIsCaptured } = this.#rule;
    let name = unitInText;
    if (name === '') {
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

  #findDevice(emission: Emission): string | null {
    if (!this.#rule.hasOwnDevice && emission.device !== '') return emission.device;
    const device = renderTemplate(this.#rule.device, emission) ?? '';
    const fault = judgeName(device);
    if (fault === null) return device;
    emission.reject(
      fault,
      device === '' ? 'the device has no name' : `the device ${quote(device)}`,
    );
    return null;
  }

  #findChannel(series: Series, emission: Emission): string | null {
    const template = this.#rule.channel;
    if (template === null && series.channel === '') return '';
    const channel = template === null ? series.channel : (renderTemplate(template, emission) ?? '');
    const fault = channel === '' || template?.constant === channel ? null : judgeName(channel);
    if (fault === null) return channel;
    emission.reject(fault, `the channel ${quote(channel)}`);
    return null;
  }
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
