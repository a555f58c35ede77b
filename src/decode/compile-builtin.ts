// What a profile's `decoder` becomes: the call of a built-in decoder, and the two fields that take the
// records which no entry of the profile takes by name.

import { builtinFactories } from './builtin/registry.ts';
import type { BuiltinCall } from './builtin-call.ts';
import type { Field, FieldBasis } from './field.ts';
import type { PathAutomaton } from './path-automaton.ts';
import type { FieldRule } from './reading-field.ts';
import { ReadingField } from './reading-field.ts';
import type { Template } from './template.ts';
import { parseTemplate } from './template.ts';
import { TextField } from './text-field.ts';

const ofRecord = (...sources: string[]) => parseTemplate(sources, () => undefined);

/** The sink has judged the record's device and time before a field sees it. */
const basis: FieldBasis = {
  metric: ofRecord('{.name}'),
  channel: ofRecord('{.channel}'),
  device: ofRecord('{.device}'),
  hasOwnDevice: false,
  when: [],
  unless: [],
  time: null,
};

const numberRule: FieldRule = {
  ...basis,
  unit: ofRecord('{.unit}'),
  unitIsCaptured: false,
  isUnitTold: false,
  isHex: false,
  areTextsNumbers: false,
  isTextFormat: false,
  areTextsIgnored: true,
  sign: null,
  bits: 16,
  scale: 1,
  offset: 0,
  range: null,
  sentinels: new Set(),
  isDecimalComma: false,
  values: null,
  part: null,
};

/** Where an entry of the profile takes a record, and says nothing else. */
export const recordDefaults = { channel: '{.channel}', unit: '{.unit}' } as const;

/** Undefined when there is no decoder of that name. */
export function compileBuiltin(
  name: string,
  argument: Template | null,
  overrides: PathAutomaton<Field> | null,
): BuiltinCall | undefined {
  if (!builtinFactories.has(name)) return undefined;
  return {
    name,
    argument,
    overrides,
    numbers: new ReadingField(numberRule, null),
    texts: new TextField(numberRule, null, new Set()),
  };
}

/** For a profile's author. */
export function unknownDecoder(name: string): string {
  return `there is no decoder ${name}; there are ${[...builtinFactories.keys()].join(', ')}`;
}
