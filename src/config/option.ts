// The kinds of option there are. Each builder makes the zod schema of one option and notes, in the
// registry, what the reference page and the error messages say of it.

import { z } from 'zod';
import type { ListenAddress } from '../core/listen-address.ts';
import { parseAddress } from './address.ts';
import { durationPattern, parseDurationMs, parseSizeBytes, sizePattern } from './units.ts';

export type OptionKind =
  | 'duration'
  | 'size'
  | 'count'
  | 'flag'
  | 'address'
  | 'folder'
  | 'folders'
  | 'choice'
  | 'number'
  | 'text'
  | 'texts';

export interface OptionNote {
  readonly kind: OptionKind;
  /** The unit of a plain number; empty where there is none. */
  readonly unit: string;
  /**
   * As it would be written in the file; null for an option that must be there. What an option takes
   * over from another one is named here by that one's path.
   */
  readonly byDefault: string | null;
  /** What may stand there, in few words: `0ms to 1m`. */
  readonly range: string;
  /** Completes "expected …" in an error message. */
  readonly expected: string;
  /** What the option does and why its default is what it is. */
  readonly why: string;
}

/** The note of each option, by its schema. */
export const optionNotes = z.registry<OptionNote>();

interface Limits {
  readonly min: string;
  readonly max: string;
  readonly why: string;
}

interface Range extends Limits {
  readonly byDefault: string;
}

interface Measure {
  readonly kind: 'duration' | 'size';
  readonly unit: string;
  readonly pattern: RegExp;
  readonly examples: string;
  parse(value: number | string): number | null;
}

const durations: Measure = {
  kind: 'duration',
  unit: 'ms',
  pattern: durationPattern,
  examples: '200ms, 5s, 10m, 24h, 30d',
  parse: parseDurationMs,
};

const sizes: Measure = {
  kind: 'size',
  unit: 'bytes',
  pattern: sizePattern,
  examples: '64KiB, 10MB',
  parse: parseSizeBytes,
};

function amount({ pattern, parse }: Measure, range: Limits) {
  const [least, most] = [parse(range.min) ?? 0, parse(range.max) ?? 0];
  return z
    .union([z.int().min(least).max(most), z.string().regex(pattern)])
    .transform((value, context) => {
      const amount = parse(value);
      if (amount !== null && amount >= least && amount <= most) return amount;
      context.issues.push({ code: 'custom', input: value, message: 'out of range' });
      return z.NEVER;
    });
}

function amountNote({ kind, unit, examples }: Measure, range: Limits, byDefault: string) {
  return {
    kind,
    unit,
    byDefault,
    range: `${range.min} to ${range.max}`,
    expected: `a ${kind} from ${range.min} to ${range.max}, as ${examples} or a number of ${unit}`,
    why: range.why,
  };
}

/** Resolves to milliseconds. */
export function duration(range: Range) {
  return amount(durations, range)
    .prefault(range.byDefault)
    .describe(range.why)
    .register(optionNotes, amountNote(durations, range, range.byDefault));
}

/** Resolves to milliseconds, or to null where the option named by `otherwise` counts. */
export function durationOr(otherwise: string, range: Limits) {
  return amount(durations, range)
    .optional()
    .transform((value) => value ?? null)
    .describe(range.why)
    .register(optionNotes, amountNote(durations, range, otherwise));
}

/** Resolves to bytes. */
export function size(range: Range) {
  return amount(sizes, range)
    .prefault(range.byDefault)
    .describe(range.why)
    .register(optionNotes, amountNote(sizes, range, range.byDefault));
}

export function count(of: {
  readonly unit: string;
  readonly byDefault: number;
  readonly min: number;
  readonly max: number;
  readonly why: string;
}) {
  return z
    .int()
    .min(of.min)
    .max(of.max)
    .prefault(of.byDefault)
    .describe(of.why)
    .register(optionNotes, {
      kind: 'count',
      unit: of.unit,
      byDefault: String(of.byDefault),
      range: `${of.min} to ${of.max}`,
      expected: `a whole number from ${of.min} to ${of.max}`,
      why: of.why,
    });
}

export function flag(byDefault: boolean, why: string) {
  return z
    .boolean()
    .prefault(byDefault)
    .describe(why)
    .register(optionNotes, {
      kind: 'flag',
      unit: '',
      byDefault: String(byDefault),
      range: 'true or false',
      expected: 'true or false',
      why,
    });
}

/** Resolves to host and port. */
export function address(byDefault: string, why: string) {
  return z
    .string()
    .transform((text, context): ListenAddress => {
      const parsed = parseAddress(text);
      if (parsed !== null) return parsed;
      context.issues.push({ code: 'custom', input: text, message: 'not an address' });
      return z.NEVER;
    })
    .prefault(byDefault)
    .describe(why)
    .register(optionNotes, {
      kind: 'address',
      unit: '',
      byDefault,
      range: 'host:port',
      expected: `host:port, as ${byDefault} or "[::1]:${byDefault.split(':')[1]}"`,
      why,
    });
}

const folderName = z.string().min(1);

export function folder(byDefault: string, why: string) {
  return folderName.prefault(byDefault).describe(why).register(optionNotes, {
    kind: 'folder',
    unit: '',
    byDefault,
    range: 'a path',
    expected: 'the path of a folder',
    why,
  });
}

export function folders(why: string) {
  return z.array(folderName).prefault([]).describe(why).register(optionNotes, {
    kind: 'folders',
    unit: '',
    byDefault: '[]',
    range: 'a list of paths',
    expected: 'a list of folders, as [./devices]',
    why,
  });
}

export function choice<const Value extends string>(
  values: readonly [Value, ...Value[]],
  byDefault: Value,
  why: string,
) {
  return z
    .enum(values)
    .prefault(byDefault)
    .describe(why)
    .register(optionNotes, {
      kind: 'choice',
      unit: '',
      byDefault,
      range: values.join(', '),
      expected: `one of ${values.join(', ')}`,
      why,
    });
}

interface Whole {
  readonly unit?: string;
  readonly min: number;
  readonly max: number;
  readonly why: string;
}

function wholeNote({ unit = '', min, max, why }: Whole, byDefault: string | null): OptionNote {
  return {
    kind: 'number',
    unit,
    byDefault,
    range: `${min} to ${max}`,
    expected: `a whole number from ${min} to ${max}`,
    why,
  };
}

/** A whole number that sets and does not limit. */
export function setting(of: Whole & { readonly byDefault: number }) {
  return z
    .int()
    .min(of.min)
    .max(of.max)
    .prefault(of.byDefault)
    .describe(of.why)
    .register(optionNotes, wholeNote(of, String(of.byDefault)));
}

/** The same, and it must be there. */
export function settingNeeded(of: Whole) {
  return z
    .int()
    .min(of.min)
    .max(of.max)
    .describe(of.why)
    .register(optionNotes, wholeNote(of, null));
}

/** Any finite number. */
export function number(byDefault: number, why: string) {
  return z
    .number()
    .prefault(byDefault)
    .describe(why)
    .register(optionNotes, {
      kind: 'number',
      unit: '',
      byDefault: String(byDefault),
      range: 'a number',
      expected: 'a number',
      why,
    });
}

/** Empty unless it is set. */
export function textOrNone(of: {
  readonly pattern: RegExp;
  readonly range: string;
  readonly expected: string;
  readonly why: string;
}) {
  return z
    .string()
    .refine((value) => value === '' || of.pattern.test(value))
    .prefault('')
    .describe(of.why)
    .register(optionNotes, {
      kind: 'text',
      unit: '',
      byDefault: '""',
      range: of.range,
      expected: of.expected,
      why: of.why,
    });
}

/** Must be there: it has no default. */
export function text(of: {
  readonly pattern: RegExp;
  /** What may stand there, in few words. */
  readonly range: string;
  readonly expected: string;
  readonly why: string;
}) {
  return z.string().regex(of.pattern).describe(of.why).register(optionNotes, {
    kind: 'text',
    unit: '',
    byDefault: null,
    range: of.range,
    expected: of.expected,
    why: of.why,
  });
}

export function texts(of: {
  readonly isAllowed: (item: string) => boolean;
  readonly countMax: number;
  /** What may stand there, in few words: `a list of globs`. */
  readonly range: string;
  readonly expected: string;
  readonly why: string;
}) {
  return z
    .array(z.string().refine(of.isAllowed))
    .max(of.countMax)
    .prefault([])
    .describe(of.why)
    .register(optionNotes, {
      kind: 'texts',
      unit: '',
      byDefault: '[]',
      range: of.range,
      expected: `${of.expected}, at most ${of.countMax}`,
      why: of.why,
    });
}
