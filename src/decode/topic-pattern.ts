// A topic filter as a profile writes it: MQTT's `+` and `#`, with names where the text is wanted:
// `tele/{device}/SENSOR`, `{device...}/events/rpc`. Says what it captures and how specific it is.

import type { SegmentPattern } from './segment-pattern.ts';
import { capturesOf, matchSegment, NotationError, parseSegment } from './segment-pattern.ts';

export type TopicLevel =
  | SegmentPattern
  /** One level or more; as the last level without a name (`#`) also none. */
  | { readonly kind: 'many'; readonly capture: string | null };

export interface TopicPattern {
  readonly source: string;
  readonly levels: readonly TopicLevel[];
  readonly captures: readonly string[];
  /** Greater wins where several patterns match one topic. */
  readonly specificity: number;
}

/** More levels than this match nothing: it bounds the search whatever a client sends. */
export const levelsMax = 32;
const manyNamed = /^\{([A-Za-z][A-Za-z0-9_]*)\.\.\.\}$/;

function parseLevel(source: string, isLast: boolean): TopicLevel {
  if (source === '#') {
    if (!isLast) throw new NotationError('# may only be the last level; use {name...} before it');
    return { kind: 'many', capture: null };
  }
  const named = manyNamed.exec(source);
  if (named !== null) return { kind: 'many', capture: named[1]! };
  if (source.includes('#')) throw new NotationError(`"${source}" mixes # with text`);
  return parseSegment(source, '+');
}

// Literal levels first, then mixed ones, then single ones; a many-level wildcard costs.
const weight = { literal: 10_000, mixed: 1000, any: 10, many: -1 } as const;

/** Throws NotationError for what is not a topic filter. */
export function parseTopicPattern(source: string): TopicPattern {
  const parts = source.split('/');
  if (source === '') throw new NotationError('the topic is empty');
  if (parts.length > levelsMax) throw new NotationError(`more than ${levelsMax} levels`);
  const levels = parts.map((part, index) => parseLevel(part, index === parts.length - 1));
  if (levels.filter((level) => level.kind === 'many').length > 1) {
    throw new NotationError('only one level may stand for many levels');
  }
  const captures = levels.flatMap((level) =>
    level.kind === 'many' ? (level.capture ?? []) : capturesOf(level),
  );
  const twice = captures.find((name, index) => captures.indexOf(name) !== index);
  if (twice !== undefined) throw new NotationError(`{${twice}} is captured twice`);
  const specificity = levels.reduce((sum, level) => sum + weight[level.kind], 0);
  return { source, levels, captures, specificity };
}

/** The captured texts in the order of `captures`, or null when the topic does not match. */
export function matchTopic(
  pattern: TopicPattern,
  topicLevels: readonly string[],
): readonly string[] | null {
  const { levels } = pattern;
  // MQTT 3.1.1, 4.7.2: a wildcard in the first level does not match a topic that starts with $.
  if (topicLevels[0]!.startsWith('$') && levels[0]!.kind !== 'literal') return null;
  const manyCount = topicLevels.length - levels.length + 1;
  const captured: string[] = [];
  let at = 0;
  for (const level of levels) {
    if (level.kind === 'many') {
      if (manyCount < (level.capture === null ? 0 : 1)) return null;
      if (level.capture !== null) captured.push(topicLevels.slice(at, at + manyCount).join('/'));
      at += manyCount;
      continue;
    }
    const text = topicLevels[at];
    if (text === undefined) return null;
    const texts = matchSegment(level, text);
    if (texts === null) return null;
    captured.push(...texts);
    at += 1;
  }
  return at === topicLevels.length ? captured : null;
}
