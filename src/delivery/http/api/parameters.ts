// Query parameters: texts made into what they mean, by schemas that also document them. A message
// completes `expected …`.

import { z } from 'zod';
import { globLengthMax } from '../../../core/glob.ts';

const LIMIT_MAX = 1000;
const LIMIT_DEFAULT = 100;
const GLOBS_MAX = 100;
const TEXT_CHARACTERS_MAX = 256;

export const noParameters = z.strictObject({});

/** Digits alone: what else a number may look like (`0x10`, `1e3`, a blank) is a mistake here. */
function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
}

export function whole(range: { readonly min: number; readonly max: number }) {
  const { min, max } = range;
  const error = `a whole number from ${min} to ${max}`;
  return z.preprocess(numberOf, z.int({ error }).min(min, { error }).max(max, { error }));
}

export const limit = z
  .preprocess(numberOf, whole({ min: 1, max: LIMIT_MAX }).default(LIMIT_DEFAULT))
  .describe('Entries of the page; there may be fewer.');

const globError = `at most ${GLOBS_MAX} globs of 1 to ${globLengthMax} characters`;
const glob = z
  .string({ error: globError })
  .min(1, { error: globError })
  .max(globLengthMax, { error: globError });

/** What the names of `subject` are asked for by. */
export function globText(subject: string): string {
  return `${subject}, with * for any characters, ? for one, \\ before any of the three for itself.`;
}

/** May stand there several times: any of them. */
export function globs(subject: string) {
  const why = `${globText(subject)} Of several any may fit.`;
  return repeated(glob, { countMax: GLOBS_MAX, error: globError, why });
}

/** One or several of the same name. */
export function repeated<Item extends z.ZodType>(
  item: Item,
  { countMax, error, why }: { countMax: number; error: string; why: string },
) {
  const asList = (value: unknown): unknown =>
    value === undefined || Array.isArray(value) ? value : [value];
  return z.preprocess(asList, z.array(item).max(countMax, { error }).default([])).describe(why);
}

export function text(why: string) {
  const error = `one text of at most ${TEXT_CHARACTERS_MAX} characters`;
  return z.string({ error }).max(TEXT_CHARACTERS_MAX, { error }).default('').describe(why);
}

export function flag(why: string) {
  const parse = (value: unknown): unknown =>
    value === 'true' ? true : value === 'false' ? false : value;
  return z.preprocess(parse, z.boolean({ error: 'true or false' }).default(false)).describe(why);
}

export function choice<const Value extends string>(
  values: readonly [Value, ...Value[]],
  byDefault: NoInfer<Value>,
  why: string,
) {
  const error = `one of ${values.join(', ')}`;
  return z.enum(values, { error }).default(byDefault).describe(why);
}
