// Walks the schema: which options, groups of options and lists of groups exist, under which paths.

import type { z } from 'zod';
import { type OptionNote, optionNotes } from './option.ts';
import { configSchema } from './schema.ts';

/** Stands in a path for any entry of a list. */
export const ENTRY = '[]';

export interface OptionEntry {
  /** `mqtt.listen` is ['mqtt', 'listen'], `streams[].name` is ['streams', ENTRY, 'name']. */
  readonly path: readonly string[];
  readonly note: OptionNote;
}

export interface Section {
  readonly path: readonly string[];
  readonly description: string;
  readonly isList: boolean;
  /** Those of groups within a list's entries included. */
  readonly options: readonly OptionEntry[];
}

type Shape = Readonly<Record<string, z.ZodType>>;
type Path = readonly PropertyKey[];

/** What a group (`z.strictObject(…)`), a list of groups or an option with a prefault is made of. */
interface Def {
  readonly innerType?: { readonly def: Def };
  readonly shape?: Shape;
  readonly element?: z.ZodType;
}

function defOf(schema: z.ZodType): Def {
  const def = schema.def as Def;
  return def.innerType?.def ?? def;
}

const found: Section[] = [];
/** The names that may stand at a path. */
const namesByPlace = new Map<string, readonly string[]>();

/** A path as people write it: `streams[0].match.topics`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, name) => {
    if (typeof name === 'number') return `${text}[${name}]`;
    if (name === ENTRY) return text + ENTRY;
    return text === '' ? String(name) : `${text}.${String(name)}`;
  }, '');
}

/** Lists of groups within a list's entries. */
const nestedLists = new Set<string>();

/** Groups and lists within a list's entries belong to the list's section; all others have their own. */
function walk(path: readonly string[], shape: Shape, options: OptionEntry[]): void {
  namesByPlace.set(pathText(path), Object.keys(shape));
  for (const [name, schema] of Object.entries(shape)) {
    const own = [...path, name];
    const note = optionNotes.get(schema);
    if (note !== undefined) {
      options.push({ path: own, note });
      continue;
    }
    const def = defOf(schema);
    const { shape: nested } = def.element === undefined ? def : defOf(def.element);
    if (nested === undefined) continue;
    const isList = def.element !== undefined;
    if (path.includes(ENTRY)) {
      if (isList) nestedLists.add(pathText(own));
      walk(isList ? [...own, ENTRY] : own, nested, options);
      continue;
    }
    const section = { path: own, description: schema.description ?? '', isList, options: [] };
    found.push(section);
    walk(isList ? [...own, ENTRY] : own, nested, section.options);
  }
}

const topOptions: OptionEntry[] = [];
walk([], configSchema.shape, topOptions);

/** The top level first, then each section in the order of the schema. */
export const sections: readonly Section[] = [
  { path: [], description: '', isList: false, options: topOptions },
  ...found,
];

export const allOptions: readonly OptionEntry[] = sections.flatMap((section) => section.options);

const optionsByPath = new Map(allOptions.map((option) => [pathText(option.path), option]));
const lists = new Set(sections.filter(({ isList }) => isList).map(({ path }) => pathText(path)));

/** Indexes of lists may stand in the path. */
function anyEntry(path: Path): Path {
  return path.map((name) => (typeof name === 'number' ? ENTRY : name));
}

export function findOption(path: Path): OptionEntry | undefined {
  return optionsByPath.get(pathText(anyEntry(path)));
}

/** Whether a list of groups stands there. */
export function isListAt(path: Path): boolean {
  const place = pathText(anyEntry(path));
  return lists.has(place) || nestedLists.has(place);
}

/** Where an option, a group or a list of that name stands, as people write it. */
export function placesNamed(name: string): readonly string[] {
  const places: string[] = [];
  for (const [place, names] of namesByPlace) {
    if (names.includes(name)) places.push(place === '' ? name : `${place}.${name}`);
  }
  return places;
}

/** The names that may stand at a path: options, groups and lists. Empty for an option. */
export function namesAt(path: Path): readonly string[] {
  return namesByPlace.get(pathText(anyEntry(path))) ?? [];
}
