// When a reading of a profile counts: keys that stand beside its value, and what they or the value are.

import type { Emission } from './emission.ts';
import type { ConditionDocument } from './profile-schema.ts';
import type { FieldReference } from './template.ts';
import { parseReference, readReference } from './template.ts';

export type Condition =
  /** The key stands beside the value. */
  | { readonly kind: 'key'; readonly key: string }
  | {
      readonly kind: 'value';
      /** Null: the value itself. */
      readonly reference: FieldReference | null;
      /** Compared as texts; null for any. */
      readonly texts: ReadonlySet<string> | null;
      readonly min: number;
      readonly max: number;
      readonly isNumeric: boolean;
    };

/** Throws NotationError. */
export function parseCondition(document: string | ConditionDocument): Condition {
  if (typeof document === 'string') return { kind: 'key', key: document };
  const { at, is, min, max } = document;
  const texts = is === undefined ? null : new Set((Array.isArray(is) ? is : [is]).map(String));
  return {
    kind: 'value',
    reference: at === undefined ? null : parseReference(at),
    texts,
    min: min ?? Number.NEGATIVE_INFINITY,
    max: max ?? Number.POSITIVE_INFINITY,
    isNumeric: min !== undefined || max !== undefined,
  };
}

export function isMet(condition: Condition, value: unknown, emission: Emission): boolean {
  if (condition.kind === 'key') {
    const beside = emission.containers[emission.depth];
    return typeof beside === 'object' && beside !== null && Object.hasOwn(beside, condition.key);
  }
  const { reference, texts, min, max, isNumeric } = condition;
  const found = reference === null ? value : readReference(reference, emission);
  if (found === undefined || found === null) return false;
  if (typeof found === 'object') return texts === null && !isNumeric;
  if (texts !== null && !texts.has(String(found))) return false;
  if (!isNumeric) return true;
  if (typeof found === 'string' && found.trim() === '') return false;
  const number = Number(found);
  return number >= min && number <= max;
}
