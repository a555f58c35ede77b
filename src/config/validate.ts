// From the values of file and environment to the options, with everything that is wrong at once.

import type { z } from 'zod';
import { nearest } from '../core/nearest.ts';
import { type Config, nameUnits } from './config.ts';
import type { Override } from './environment.ts';
import type { OptionNote } from './option.ts';
import { findOption, isListAt, namesAt, pathText, placesNamed } from './option-tree.ts';
import { findPreset } from './presets.ts';
import type { Problem } from './problem.ts';
import { findContradictions } from './rules.ts';
import { configSchema } from './schema.ts';
import type { YamlFile } from './yaml-file.ts';

type Tree = { [name: string]: unknown };
type Path = readonly PropertyKey[];
type Place = Pick<Problem, 'file' | 'line' | 'column' | 'path'>;

export interface Validated {
  /** With the default in place of every option that is wrong. */
  readonly config: Config;
  readonly problems: readonly Problem[];
  /** True if all that is wrong is an address open to others. */
  readonly isOnlyOpen: boolean;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A group or a list with nothing under it (all of it a comment, say) is null in YAML, and means
 * none.
 */
function fillEmpty(value: unknown, path: Path): unknown {
  const isList = isListAt(path);
  if (value === null) return isList ? [] : namesAt(path).length > 0 ? {} : null;
  if (isList && Array.isArray(value)) {
    // An entry with nothing under it is no stream: only within entries are there empty groups.
    return value.map((entry, index) =>
      entry === null ? null : fillEmpty(entry, [...path, index]),
    );
  }
  if (!isTree(value) || namesAt(path).length === 0) return value;
  const filled = Object.entries(value).map(([name, nested]) => {
    return [name, fillEmpty(nested, [...path, name])] as const;
  });
  return Object.fromEntries(filled);
}

function setIn(tree: Tree, path: readonly string[], value: unknown): void {
  const [first, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) {
    tree[first] = value;
    return;
  }
  tree[first] ??= {};
  // Anything but a group of options there is a problem of its own, and is left to be found.
  if (isTree(tree[first])) setIn(tree[first], rest, value);
}

/** Through lists as well. */
function getIn(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, name) => {
    return typeof at === 'object' && at !== null ? (at as Tree)[String(name)] : undefined;
  }, value);
}

function deleteIn(root: unknown, path: Path): void {
  const parent = getIn(root, path.slice(0, -1));
  if (isTree(parent)) delete parent[String(path.at(-1))];
}

function setPreset(input: Tree): void {
  for (const [option, value] of Object.entries(findPreset(input.preset) ?? {})) {
    const path = option.split('.');
    if (getIn(input, path) === undefined) setIn(input, path, value);
  }
}

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null || value === '') return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a group of options';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** As many names as are read at a glance. */
const NAMES_SHOWN_MAX = 10;

/** A near name in the same place, or the same name in another place, or what may stand there. */
function suggestOption(key: string, parent: Path): string {
  const names = namesAt(parent);
  const near = nearest(key, names);
  if (near !== null) return `did you mean ${pathText([...parent, near])}?`;
  const [elsewhere] = placesNamed(key);
  if (elsewhere !== undefined) return `did you mean ${elsewhere}?`;
  return names.length > 0 && names.length <= NAMES_SHOWN_MAX
    ? `expected ${names.join(', ')}`
    : 'docs/configuration.md lists them all';
}

function unknownNames(issue: z.core.$ZodIssueUnrecognizedKeys, file: YamlFile | null): Problem[] {
  return issue.keys.map((key) => {
    const path = [...issue.path, key];
    return {
      file: file?.name ?? '',
      ...(file?.keyAt(path) ?? { line: 0, column: 0 }),
      path: pathText(path),
      message: 'is not an option',
      remedy: suggestOption(key, issue.path),
    };
  });
}

interface Owner {
  readonly note: OptionNote;
  readonly path: Path;
}

/** The option that an issue is about: a wrong item of a list is a fault of the list's option. */
function ownerOf(path: Path): Owner | null {
  for (const candidate of [path, path.slice(0, -1)]) {
    const option = findOption(candidate);
    if (option !== undefined) return { note: option.note, path: candidate };
  }
  return null;
}

function describe(issue: z.core.$ZodIssue, value: unknown): { message: string; remedy: string } {
  const owner = ownerOf(issue.path);
  const isLong = issue.code === 'too_big' && Array.isArray(value);
  const list = isLong
    ? `at most ${issue.maximum}`
    : 'a list, each entry a group of options that begins with `- `';
  const group = 'a group of options, one a line as `name: value`';
  const expected = owner?.note.expected ?? (isListAt(issue.path) ? list : group);
  const subject = issue.path.length === 0 ? 'the file is' : 'is';
  return {
    message: isLong ? `has ${value.length} entries` : `${subject} ${show(value)}`,
    remedy: `expected ${expected}`,
  };
}

/**
 * Takes out what is wrong, so that the rest can be held against itself. An entry of a list that
 * cannot be without what is wrong goes whole. Returns, for each list by name, the places in the
 * file of the entries that are left.
 */
function removeWrong(input: unknown, wrongPaths: readonly Path[]): Map<string, number[]> {
  const entries = new Map<string, Set<number>>();
  for (const path of wrongPaths) {
    const [list, index] = path;
    const isNestedEntry = path.length > 2 && typeof path.at(-1) === 'number' && !ownerOf(path);
    const isWhole = path.length === 2 || isNestedEntry || ownerOf(path)?.note.byDefault === null;
    if (typeof index !== 'number' || !isWhole) {
      deleteIn(input, path);
      continue;
    }
    const name = String(list);
    entries.set(name, (entries.get(name) ?? new Set()).add(index));
  }
  const places = new Map<string, number[]>();
  for (const [name, wrong] of entries) {
    const list = getIn(input, [name]);
    if (!isTree(input) || !Array.isArray(list)) continue;
    const left = [...list.keys()].filter((index) => !wrong.has(index));
    places.set(name, left);
    input[name] = left.map((index) => list[index] as unknown);
  }
  return places;
}

/** `file` is null when there is none; `overrides` win over it. */
export function validate(file: YamlFile | null, overrides: readonly Override[]): Validated {
  const input = fillEmpty(file?.value ?? null, []);
  if (isTree(input)) {
    for (const { path, value } of overrides) setIn(input, path, value);
    setPreset(input);
  }

  /** Where the value of an option was written. */
  const placeOf = (path: Path): Place => {
    const text = pathText(ownerOf(path)?.path ?? path);
    const override = overrides.find((candidate) => pathText(candidate.path) === text);
    if (override !== undefined) {
      return { file: 'environment', line: 0, column: 0, path: override.variable };
    }
    const position = file?.valueAt(path) ?? { line: 0, column: 0 };
    return { file: file?.name ?? 'defaults', ...position, path: text };
  };

  const problems: Problem[] = [];
  const wrongPaths: Path[] = [];
  const result = configSchema.safeParse(input);
  for (const issue of result.error?.issues ?? []) {
    if (issue.code === 'unrecognized_keys') {
      problems.push(...unknownNames(issue, file));
      wrongPaths.push(...issue.keys.map((key) => [...issue.path, key]));
      continue;
    }
    problems.push({ ...placeOf(issue.path), ...describe(issue, getIn(input, issue.path)) });
    wrongPaths.push(ownerOf(issue.path)?.path ?? issue.path);
  }

  // What is right by itself is held against the rest even so: all that is wrong is told at once.
  const places = removeWrong(input, wrongPaths);
  if (isTree(input)) setPreset(input);
  const options = result.data ?? configSchema.parse(isTree(input) ? input : {});
  const contradictions = findContradictions(options);
  for (const { path, message, remedy } of contradictions) {
    const [list, index, ...rest] = path;
    const place = typeof index === 'number' ? places.get(String(list))?.[index] : undefined;
    const inFile = place === undefined ? path : [String(list), place, ...rest];
    // It would follow from what is told already.
    if (wrongPaths.some((wrong) => pathText(wrong).startsWith(pathText(inFile)))) continue;
    problems.push({ ...placeOf(inFile), message, remedy });
  }
  const isOnlyOpen =
    wrongPaths.length === 0 &&
    contradictions.length > 0 &&
    contradictions.every((contradiction) => contradiction.isOpen);
  return { config: nameUnits(options), problems, isOnlyOpen };
}
