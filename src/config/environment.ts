// Environment variables over the file: MILLPOND_<PATH>, as MILLPOND_LOG_COMMIT_INTERVAL for
// log.commitInterval.

import { nearest } from '../core/nearest.ts';
import type { OptionKind } from './option.ts';
import { allOptions } from './option-tree.ts';
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

const optionsByVariable = new Map(allOptions.map((option) => [variableOf(option.path), option]));

function readValue(kind: OptionKind, text: string): unknown {
  const trimmed = text.trim();
  switch (kind) {
    case 'duration':
    case 'size':
    case 'count':
      return /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : trimmed;
    case 'flag':
      return trimmed === 'true' ? true : trimmed === 'false' ? false : trimmed;
    case 'folders':
      return trimmed.split(',').flatMap((part) => part.trim() || []);
    case 'address':
    case 'choice':
      return trimmed;
    case 'folder':
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
    const near = nearest(variable, [...optionsByVariable.keys()]);
    problems.push({
      file: 'environment',
      line: 0,
      column: 0,
      path: variable,
      message: 'names no option',
      remedy: near === null ? 'unset it' : `did you mean ${near}?`,
    });
  }
  return { overrides, problems };
}
