// An entry that makes no reading: what stands there is the unit of the values of another topic, and is
// remembered for them.

import type { Condition } from './condition.ts';
import type { Emission } from './emission.ts';
import type { Field } from './field.ts';
import { appliesTo } from './field.ts';
import type { SentRule } from './sent-value.ts';
import { readSent } from './sent-value.ts';
import type { Template } from './template.ts';
import { renderTemplate } from './template.ts';
import { unitLengthMax } from './told-units.ts';

export interface UnitRule extends SentRule {
  /** The topic of the values. */
  readonly of: Template;
  readonly when: readonly Condition[];
  readonly unless: readonly Condition[];
}

export class UnitField implements Field {
  readonly #rule: UnitRule;

  constructor(rule: UnitRule) {
    this.#rule = rule;
  }

  emit(sent: unknown, emission: Emission): void {
    const rule = this.#rule;
    if (!emission.visit() || !appliesTo(rule, sent, emission)) return;
    const unit = readSent(rule, sent, emission);
    const topic = renderTemplate(rule.of, emission);
    if (typeof unit !== 'string' || topic === undefined) return;
    const text = unit.trim();
    if (text !== '' && text.length <= unitLengthMax) emission.units.tell(topic, text);
  }
}
