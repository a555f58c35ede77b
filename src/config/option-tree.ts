// Walks the schema: which options and sections exist, under which paths.

import type { z } from 'zod';
import { type OptionNote, optionNotes } from './option.ts';
import { configSchema } from './schema.ts';

export interface OptionEntry {
  /** `mqtt.listen` is ['mqtt', 'listen']. */
  readonly path: readonly string[];
  readonly note: OptionNote;
}

interface Section {
  readonly path: readonly string[];
  readonly description: string;
  readonly options: readonly OptionEntry[];
}

type Shape = Readonly<Record<string, z.ZodType>>;

/** The shape of a section, or null for an option. Sections are `z.strictObject(…).prefault({})`. */
function shapeOf(schema: z.ZodType): Shape | null {
  const { innerType } = schema.def as { innerType?: { shape?: Shape } };
  return innerType?.shape ?? null;
}

function readSection(path: readonly string[], description: string, shape: Shape): Section {
  const options: OptionEntry[] = [];
  for (const [name, schema] of Object.entries(shape)) {
    const note = optionNotes.get(schema);
    if (note !== undefined) options.push({ path: [...path, name], note });
  }
  return { path, description, options };
}

/** The top level first, then each section in the order of the schema. */
export const sections: readonly Section[] = [
  readSection([], '', configSchema.shape),
  ...Object.entries(configSchema.shape).flatMap(([name, schema]) => {
    const shape = shapeOf(schema);
    return shape === null ? [] : [readSection([name], schema.description ?? '', shape)];
  }),
];

export const allOptions: readonly OptionEntry[] = sections.flatMap((section) => section.options);

const optionsByPath = new Map(allOptions.map((option) => [option.path.join('.'), option]));

export function findOption(path: readonly PropertyKey[]): OptionEntry | undefined {
  return optionsByPath.get(path.map(String).join('.'));
}

/** The names that may stand at a path: options and sections. Empty for an option. */
export function namesAt(path: readonly PropertyKey[]): readonly string[] {
  const wanted = path.map(String).join('.');
  const section = sections.find((candidate) => candidate.path.join('.') === wanted);
  if (section === undefined) return [];
  const names = section.options.map((option) => option.path.at(-1)!);
  const nested =
    section.path.length === 0 ? sections.flatMap(({ path: [first] }) => first ?? []) : [];
  return [...names, ...nested];
}
