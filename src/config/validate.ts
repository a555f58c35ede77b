// From the values of file and environment to the options, with everything that is wrong at once.

import type { z } from 'zod';
import { nearest } from '../core/nearest.ts';
import { type Config, nameUnits } from './config.ts';
import type { Override } from './environment.ts';
import { allOptions, findOption, namesAt, type OptionEntry } from './option-tree.ts';
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

/** A section with nothing under it (all of it a comment, say) is null in YAML, and means none. */
function copyValues(value: unknown): unknown {
  if (value === null) return {};
  if (!isTree(value)) return value;
  const copy: Tree = structuredClone(value);
  for (const [name, nested] of Object.entries(copy)) {
    if (nested === null && namesAt([name]).length > 0) copy[name] = {};
  }
  return copy;
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

function show(value: unknown): string {
  if (value === null || value === '') return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a group of options';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** A near name in the same place, or the same name in another place. */
function suggestOption(key: string, parent: Path): string {
  const near = nearest(key, namesAt(parent));
  const path =
    near === null
      ? allOptions.find((option) => option.path.at(-1) === key)?.path
      : [...parent.map(String), near];
  return path === undefined
    ? 'docs/configuration.md lists them all'
    : `did you mean ${path.join('.')}?`;
}

function unknownNames(issue: z.core.$ZodIssueUnrecognizedKeys, file: YamlFile | null): Problem[] {
  return issue.keys.map((key) => {
    const path = [...issue.path, key];
    return {
      file: file?.name ?? '',
      ...(file?.keyAt(path) ?? { line: 0, column: 0 }),
      path: path.map(String).join('.'),
      message: 'is not an option',
      remedy: suggestOption(key, issue.path),
    };
  });
}

/** The option that an issue is about: a wrong item of a list is a fault of the list's option. */
function ownerOf(path: Path): OptionEntry | undefined {
  return findOption(path) ?? findOption(path.slice(0, -1));
}

/** `file` is null when there is none; `overrides` win over it. */
export function validate(file: YamlFile | null, overrides: readonly Override[]): Validated {
  const input = copyValues(file?.value ?? null);
  if (isTree(input)) for (const { path, value } of overrides) setIn(input, path, value);

  /** Where the value of an option was written. */
  const placeOf = (path: Path): Place => {
    const dotted = (ownerOf(path)?.path ?? path).map(String).join('.');
    const override = overrides.find((candidate) => candidate.path.join('.') === dotted);
    if (override !== undefined) {
      return { file: 'environment', line: 0, column: 0, path: override.variable };
    }
    const position = file?.valueAt(path) ?? { line: 0, column: 0 };
    return { file: file?.name ?? 'defaults', ...position, path: dotted };
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
    const owner = ownerOf(issue.path);
    const subject = issue.path.length === 0 ? 'the file is' : 'is';
    problems.push({
      ...placeOf(issue.path),
      message: `${subject} ${show(getIn(input, issue.path))}`,
      remedy: `expected ${owner?.note.expected ?? 'a group of options, one a line as `name: value`'}`,
    });
    wrongPaths.push(owner?.path ?? issue.path);
  }

  // What is right by itself is held against the rest even so: all that is wrong is told at once.
  for (const path of wrongPaths) deleteIn(input, path);
  const options = result.data ?? configSchema.parse(isTree(input) ? input : {});
  const contradictions = findContradictions(options);
  for (const { path, message, remedy } of contradictions) {
    problems.push({ ...placeOf(path), message, remedy });
  }
  const isOnlyOpen =
    problems.length > 0 &&
    problems.length === contradictions.length &&
    contradictions.every((contradiction) => contradiction.isOpen);
  return { config: nameUnits(options), problems, isOnlyOpen };
}
