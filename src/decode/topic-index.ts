// Finds the most specific pattern for a topic among any number of them. The cost follows the topic's
// levels and not the number of profiles; the answer is cached by topic in route-cache.ts.

import { matchSegment } from './segment-pattern.ts';
import type { TopicPattern } from './topic-pattern.ts';
import { levelsMax, matchTopic } from './topic-pattern.ts';

export interface TopicEntry<Target> {
  readonly pattern: TopicPattern;
  readonly priority: number;
  readonly target: Target;
}

export interface TopicMatch<Target> {
  readonly target: Target;
  readonly captures: readonly string[];
}

interface Node<Target> {
  readonly literals: Map<string, Node<Target>>;
  any: Node<Target> | null;
  /** Mixed levels, one node for each distinct source. */
  readonly mixed: Map<string, { pattern: TopicPattern['levels'][number]; node: Node<Target> }>;
  /** The levels after a many-level wildcard, matched from the topic's end. */
  many: Node<Target> | null;
  readonly entries: TopicEntry<Target>[];
}

function createNode<Target>(): Node<Target> {
  return { literals: new Map(), any: null, mixed: new Map(), many: null, entries: [] };
}

/** Of two entries that match, the first given wins where priority and specificity are equal. */
function isBetter<Target>(entry: TopicEntry<Target>, best: TopicEntry<Target> | null): boolean {
  if (best === null) return true;
  if (entry.priority !== best.priority) return entry.priority > best.priority;
  return entry.pattern.specificity > best.pattern.specificity;
}

export class TopicIndex<Target> {
  readonly #root: Node<Target> = createNode();
  #visits = 0;

  add(entry: TopicEntry<Target>): void {
    const { levels } = entry.pattern;
    const manyAt = levels.findIndex((level) => level.kind === 'many');
    let node = this.#descend(this.#root, manyAt < 0 ? levels : levels.slice(0, manyAt));
    if (manyAt >= 0) {
      node.many ??= createNode();
      node = this.#descend(node.many, levels.slice(manyAt + 1).reverse());
    }
    node.entries.push(entry);
  }

  #descend(start: Node<Target>, levels: TopicPattern['levels']): Node<Target> {
    let node = start;
    for (const level of levels) {
      let next: Node<Target> | undefined | null;
      if (level.kind === 'literal') next = node.literals.get(level.text);
      else if (level.kind === 'any') next = node.any;
      else if (level.kind === 'mixed') next = node.mixed.get(level.source)?.node;
      if (next === undefined || next === null) {
        next = createNode<Target>();
        if (level.kind === 'literal') node.literals.set(level.text, next);
        else if (level.kind === 'any') node.any = next;
        else if (level.kind === 'mixed')
          node.mixed.set(level.source, { pattern: level, node: next });
      }
      node = next;
    }
    return node;
  }

  /** Null when nothing matches, or the topic has more than 32 levels. */
  find(topic: string): TopicMatch<Target> | null {
    const levels = topic.split('/', levelsMax + 1);
    if (levels.length > levelsMax) return null;
    let best: TopicEntry<Target> | null = null;
    let captures: readonly string[] = [];
    const consider = (node: Node<Target>) => {
      for (const entry of node.entries) {
        if (!isBetter(entry, best)) continue;
        const matched = matchTopic(entry.pattern, levels);
        if (matched === null) continue;
        best = entry;
        captures = matched;
      }
    };
    this.#visits = 0;
    this.#forward(this.#root, levels, 0, consider);
    const found = best as TopicEntry<Target> | null;
    return found === null ? null : { target: found.target, captures };
  }

  #forward(
    node: Node<Target>,
    levels: readonly string[],
    at: number,
    consider: (node: Node<Target>) => void,
  ): void {
    this.#visits += 1;
    if (node.many !== null) this.#backward(node.many, levels, levels.length - 1, at, consider);
    const level = levels[at];
    if (level === undefined) {
      consider(node);
      return;
    }
    for (const next of nextNodes(node, level)) this.#forward(next, levels, at + 1, consider);
  }

  #backward(
    node: Node<Target>,
    levels: readonly string[],
    at: number,
    stop: number,
    consider: (node: Node<Target>) => void,
  ): void {
    this.#visits += 1;
    if (node.entries.length > 0) consider(node);
    if (at < stop) return;
    for (const next of nextNodes(node, levels[at]!)) {
      this.#backward(next, levels, at - 1, stop, consider);
    }
  }

  /** Nodes looked at by the last find: what the benchmark and the tests watch. */
  get visits(): number {
    return this.#visits;
  }
}

function nextNodes<Target>(node: Node<Target>, level: string): Node<Target>[] {
  const next: Node<Target>[] = [];
  const literal = node.literals.get(level);
  if (literal !== undefined) next.push(literal);
  for (const { pattern, node: mixed } of node.mixed.values()) {
    if (pattern.kind === 'mixed' && matchSegment(pattern, level) !== null) next.push(mixed);
  }
  if (node.any !== null) next.push(node.any);
  return next;
}
