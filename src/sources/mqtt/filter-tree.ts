// Finds the subscribers of a topic among many filters in time that grows with the topic's levels,
// not with the number of filters. Pure.

import { isHiddenFrom } from '../../core/topic-filter.ts';

interface Node<T> {
  readonly children: Map<string, Node<T>>;
  /** Subscribers whose filter ends here, by the subscriber's id. */
  readonly subscribers: Map<string, { readonly filter: string; readonly value: T }>;
}

function emptyNode<T>(): Node<T> {
  return { children: new Map(), subscribers: new Map() };
}

export class FilterTree<T> {
  readonly #root = emptyNode<T>();
  #size = 0;

  /** Pairs of filter and subscriber. */
  get size(): number {
    return this.#size;
  }

  /** Adds the pair, or gives it a new value. */
  set(filter: string, subscriber: string, value: T): void {
    let node = this.#root;
    for (const level of filter.split('/')) {
      let child = node.children.get(level);
      if (child === undefined) {
        child = emptyNode();
        node.children.set(level, child);
      }
      node = child;
    }
    if (!node.subscribers.has(subscriber)) this.#size++;
    node.subscribers.set(subscriber, { filter, value });
  }

  delete(filter: string, subscriber: string): void {
    const path: Node<T>[] = [this.#root];
    const levels = filter.split('/');
    for (const level of levels) {
      const child = path.at(-1)?.children.get(level);
      if (child === undefined) return;
      path.push(child);
    }
    if (path.at(-1)?.subscribers.delete(subscriber)) this.#size--;
    for (let depth = levels.length; depth > 0; depth--) {
      const node = path[depth] as Node<T>;
      if (node.subscribers.size > 0 || node.children.size > 0) return;
      path[depth - 1]?.children.delete(levels[depth - 1] as string);
    }
  }

  /** Calls once for each matching pair; one subscriber may come several times. */
  match(topic: string, found: (subscriber: string, value: T) => void): void {
    if (this.#size === 0) return;
    this.#walk(this.#root, topic, topic.split('/'), 0, found);
  }

  #walk(
    node: Node<T>,
    topic: string,
    levels: readonly string[],
    depth: number,
    found: (subscriber: string, value: T) => void,
  ): void {
    const report = (at: Node<T>): void => {
      for (const [subscriber, { filter, value }] of at.subscribers) {
        if (!isHiddenFrom(filter, topic)) found(subscriber, value);
      }
    };
    const rest = node.children.get('#');
    if (rest !== undefined) report(rest);
    if (depth === levels.length) {
      report(node);
      return;
    }
    const exact = node.children.get(levels[depth] as string);
    if (exact !== undefined) this.#walk(exact, topic, levels, depth + 1, found);
    const any = node.children.get('+');
    if (any !== undefined) this.#walk(any, topic, levels, depth + 1, found);
  }
}
