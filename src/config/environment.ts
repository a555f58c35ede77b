// Environment variables over the file: MILLPOND_<PATH>, as MILLPOND_LOG_COMMIT_INTERVAL for
// log.commitInterval.

import { nearest } from '../core/nearest.ts';
import type { OptionKind } from './option.ts';
import { allOptions, ENTRY, sections } from './option-tree.ts';
import type { Problem } from './problem.ts';

const prefix = 'MILLPOND_';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of an option from the environment; it wins over the file's. */
export interface Override {
  readonly variable: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

export function variableOf(path: readonly string[]): string {
  const parts = path.map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase());
  return prefix + parts.join('_');
}

const optionsByVariable = new Map(
  allOptions
    .filter(({ path }) => !path.includes(ENTRY))
    .map((option) => [variableOf(option.path), option]),
);

const listsByVariable = sections
  .filter(({ isList }) => isList)
  .map(({ path }) => ({ variable: variableOf(path), name: path.join('.') }));

/** Lists of groups have no variable: an entry has too many values for one. */
function findList(variable: string): string | undefined {
  return listsByVariable.find(
    (list) => variable === list.variable || variable.startsWith(`${list.variable}_`),
  )?.name;
}

function readValue(kind: OptionKind, text: string): unknown {
  const trimmed = text.trim();
  switch (kind) {
    case 'duration':
    case 'size':
    case 'count':
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : trimmed;
    case 'flag':
      return trimmed === 'true' ? true : trimmed === 'false' ? false : trimmed;
    case 'folders':
    case 'texts':
      return trimmed.split(',').flatMap((part) => part.trim() || []);
    case 'address':
    case 'choice':
      return trimmed;
    case 'folder':
    case 'text':
      return text;
  }
}

/**
 * Variables that start with MILLPOND_ and name no option are problems, for a misspelt one would
 * otherwise be without effect and without a word. An empty variable counts as not set.
 */
export function readEnvironment(environment: Environment): {
  overrides: Override[];
  problems: Problem[];
} {
  const overrides: Override[] = [];
  const problems: Problem[] = [];
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(prefix) || text === undefined || text === '') continue;
    const option = optionsByVariable.get(variable);
    if (option !== undefined) {
      const value = readValue(option.note.kind, text);
      overrides.push({ variable, path: option.path, value });
      continue;
    }
    const list = findList(variable);
    const near = nearest(variable, [...optionsByVariable.keys()]);
    problems.push({
      file: 'environment',
      line: 0,
      column: 0,
      path: variable,
      ...(list === undefined
        ? {
            message: 'names no option',
            remedy: near === null ? 'unset it' : `did you mean ${near}?`,
          }
        : {
            message: `cannot set the list ${list}`,
            remedy: `unset it, and write ${list} in the config file`,
          }),
    });
  }
  return { overrides, problems };
}
