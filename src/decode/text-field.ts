// A reading whose value is a text: a state, a mode, a fault's name. Bounded, and never a number.

import type { Emission } from './emission.ts';
import type { Field, FieldBasis, Series } from './field.ts';
import { appliesTo, applyTime, findChannel, findDevice, nameSeries, typeName } from './field.ts';
import type { SentRule } from './sent-value.ts';
import { readSent } from './sent-value.ts';

/** In UTF-16 units; a longer text is a document and no reading. */
export const textLengthMax = 1024;

export class TextField implements Field {
  readonly #rule: FieldBasis & SentRule;
  readonly #fixed: Series | null;
  readonly #sentinels: ReadonlySet<number | string>;

  constructor(
    rule: FieldBasis & SentRule,
    fixed: Series | null,
    sentinels: ReadonlySet<number | string>,
  ) {
    this.#rule = rule;
    this.#fixed = fixed;
    this.#sentinels = sentinels;
  }

  emit(sent: unknown, emission: Emission): void {
    const rule = this.#rule;
    if (!emission.visit() || !appliesTo(rule, sent, emission)) return;
    const value = readSent(rule, sent, emission);
    if (value === undefined) return;
    const text = typeof value === 'object' ? null : String(value).trim();
    if (value === null || text === '') {
      emission.drop('null_value');
      return;
    }
    const series = this.#fixed ?? nameSeries(rule, emission);
    if (series === null) return;
    if (text === null) {
      emission.reject('wrong_type', `${series.metric} is ${typeName(value)}, not a text`);
      return;
    }
    if (text.length > textLengthMax) {
      emission.reject('wrong_type', `${series.metric} is a text of ${text.length} characters`);
      return;
    }
    if (this.#sentinels.has(text)) {
      emission.drop('sentinel');
      return;
    }
    // A metric of the table is a number everywhere: a text beside its numbers would spoil the series.
    if (series.kind !== null) {
      emission.drop('no_measurement');
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
      unit: '',
      value: text.toWellFormed(),
      measuredAtUs: emission.measuredAtUs,
      quality: emission.quality,
    });
  }
}
