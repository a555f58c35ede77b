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
  | 'choice';

export interface OptionNote {
  readonly kind: OptionKind;
  /** The unit of a plain number; empty where there is none. */
  readonly unit: string;
  /** As it would be written in the file. */
  readonly byDefault: string;
  /** What may stand there, in few words: `0ms to 1m`. */
  readonly range: string;
  /** Completes "expected …" in an error message. */
  readonly expected: string;
  /** What the option does and why its default is what it is. */
  readonly why: string;
}

/** The note of each option, by its schema. */
export const optionNotes = z.registry<OptionNote>();

interface Range {
  readonly byDefault: string;
  readonly min: string;
  readonly max: string;
  readonly why: string;
}

interface Measure {
  readonly kind: 'duration' | 'size';
  readonly unit: string;
  readonly pattern: RegExp;
  readonly examples: string;
  parse(value: number | string): number | null;
}

function measured(measure: Measure, range: Range) {
  const { kind, unit, parse, pattern, examples } = measure;
  const [least, most] = [parse(range.min) ?? 0, parse(range.max) ?? 0];
  return z
    .union([z.int().min(least).max(most), z.string().regex(pattern)])
    .transform((value, context) => {
      const amount = parse(value);
      if (amount !== null && amount >= least && amount <= most) return amount;
      context.issues.push({ code: 'custom', input: value, message: 'out of range' });
      return z.NEVER;
    })
    .prefault(range.byDefault)
    .describe(range.why)
    .register(optionNotes, {
      kind,
      unit,
      byDefault: range.byDefault,
      range: `${range.min} to ${range.max}`,
      expected: `a ${kind} from ${range.min} to ${range.max}, as ${examples} or a number of ${unit}`,
      why: range.why,
    });
}

/** Resolves to milliseconds. */
export function duration(range: Range) {
  const examples = '200ms, 5s, 10m, 24h, 30d';
  return measured(
    { kind: 'duration', unit: 'ms', pattern: durationPattern, examples, parse: parseDurationMs },
    range,
  );
}

/** Resolves to bytes. */
export function size(range: Range) {
  const examples = '64KiB, 10MB';
  return measured(
    { kind: 'size', unit: 'bytes', pattern: sizePattern, examples, parse: parseSizeBytes },
    range,
  );
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
