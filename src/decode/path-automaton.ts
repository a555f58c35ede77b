// All paths of a rule as one automaton: a payload is walked once, whatever the number of readings, and
// each key costs one map look-up. States are built on first use and are bounded by the paths.

import type { PathSegment } from './path-pattern.ts';
import { capturesOf, matchSegment } from './segment-pattern.ts';

interface Edge<Leaf> {
  readonly segment: PathSegment;
  /** The slots that the segment's captures go to. */
  readonly slots: readonly number[];
  readonly node: Node<Leaf>;
}

interface Node<Leaf> {
  readonly id: number;
  readonly edges: Edge<Leaf>[];
  readonly leaves: Leaf[];
  /** Literal segments on the way here, weighted; the greater one has its say over the same value. */
  readonly specificity: number;
}

export interface Transition<Leaf> {
  readonly state: State<Leaf>;
  /** Slot and text, in turns. */
  readonly writes: readonly (number | string)[];
}

/** Keys that a state remembers; it forgets all of them when so many others have come. */
const rememberedMax = 512;
const missedMax = 100_000;
const rememberedKeyLengthMax = 64;

const weightOf = { literal: 100, mixed: 10, items: 1, any: 1 } as const;

export class State<Leaf> {
  /** What the value here becomes; empty on the way to a reading. */
  readonly leaves: readonly Leaf[];
  readonly hasChildren: boolean;
  readonly #edges: readonly Edge<Leaf>[];
  readonly #wildcards: readonly Edge<Leaf>[];
  readonly #literalKeys: ReadonlySet<string>;
  readonly #automaton: PathAutomaton<Leaf>;
  #missed = 0;
  readonly #remembered = new Map<string, Transition<Leaf> | null>();
  #items: { transition: Transition<Leaf>; indexSlots: readonly number[] } | null | undefined;

  constructor(nodes: readonly Node<Leaf>[], automaton: PathAutomaton<Leaf>) {
    this.#edges = nodes.flatMap((node) => node.edges);
    this.#wildcards = this.#edges.filter(
      ({ segment }) => segment.kind === 'any' || segment.kind === 'mixed',
    );
    this.#literalKeys = new Set(
      this.#edges.flatMap(({ segment }) => (segment.kind === 'literal' ? segment.text : [])),
    );
    this.#automaton = automaton;
    this.hasChildren = this.#edges.length > 0;
    let best: Node<Leaf> | undefined;
    for (const node of nodes) {
      if (node.leaves.length === 0) continue;
      if (best === undefined || node.specificity > best.specificity) best = node;
    }
    this.leaves = best?.leaves ?? [];
  }

  /** The state below a key, or null when no path leads there. */
  next(key: string): Transition<Leaf> | null {
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    if (this.#literalKeys.has(key)) return this.#follow(key, this.#edges);
    return this.#wildcards.length === 0 ? null : this.#follow(key, this.#wildcards);
  }

  #follow(key: string, edges: readonly Edge<Leaf>[]): Transition<Leaf> | null {
    const nodes: Node<Leaf>[] = [];
    const writes: (number | string)[] = [];
    const isReserved = this.#automaton.isReserved(this, key);
    for (const { segment, slots, node } of edges) {
      if (segment.kind === 'items' || (isReserved && segment.kind !== 'literal')) continue;
      const texts = matchSegment(segment, key);
      if (texts === null) continue;
      nodes.push(node);
      for (let index = 0; index < texts.length; index += 1) {
        writes.push(slots[index]!, texts[index]!);
      }
    }
    const transition = this.#join(nodes, writes);
    if (key.length <= rememberedKeyLengthMax) this.#remember(key, transition);
    return transition;
  }

  #remember(key: string, transition: Transition<Leaf> | null): void {
    if (this.#remembered.size < rememberedMax) {
      this.#remembered.set(key, transition);
      return;
    }
    this.#missed += 1;
    if (this.#missed < missedMax) return;
    this.#remembered.clear();
    this.#missed = 0;
  }

  #join(nodes: Node<Leaf>[], writes: (number | string)[]): Transition<Leaf> | null {
    return nodes.length === 0 ? null : { state: this.#automaton.stateOf(nodes), writes };
  }

  /** The state of each element of an array, and the slots that want its index; null when no path wants one. */
  get items(): { transition: Transition<Leaf>; indexSlots: readonly number[] } | null {
    if (this.#items === undefined) {
      const wanted = this.#edges.filter(({ segment }) => segment.kind === 'items');
      const transition = this.#join(
        wanted.map(({ node }) => node),
        [],
      );
      this.#items =
        transition === null
          ? null
          : { transition, indexSlots: wanted.flatMap(({ slots }) => slots) };
    }
    return this.#items;
  }
}

export class PathAutomaton<Leaf> {
  readonly start: State<Leaf>;
  readonly #reserved: ReadonlySet<string>;
  readonly #states = new Map<string, State<Leaf>>();

  /** `reserved` are keys of the document itself that wildcards pass over, as the time's. */
  constructor(root: Node<Leaf>, reserved: ReadonlySet<string>) {
    this.#reserved = reserved;
    this.start = this.stateOf([root]);
  }

  isReserved(state: State<Leaf>, key: string): boolean {
    return state === this.start && this.#reserved.has(key);
  }

  stateOf(nodes: readonly Node<Leaf>[]): State<Leaf> {
    const id = nodes.map((node) => node.id).join();
    let state = this.#states.get(id);
    if (state === undefined) {
      state = new State(nodes, this);
      this.#states.set(id, state);
    }
    return state;
  }
}

/** Collects paths, then makes the automaton. Equal segments of different paths share node and slots. */
export class PathAutomatonBuilder<Leaf> {
  readonly #root: Node<Leaf> = { id: 0, edges: [], leaves: [], specificity: 0 };
  #nodeCount = 1;
  #slotCount: number;

  /** Slots below `firstSlot` are the topic's. */
  constructor(firstSlot: number) {
    this.#slotCount = firstSlot;
  }

  /** `makeLeaf` gets the slots of the path's captures by name. */
  add(path: readonly PathSegment[], makeLeaf: (slots: Map<string, number>) => Leaf): void {
    const slotByName = new Map<string, number>();
    let node = this.#root;
    for (const segment of path) {
      const id = segmentId(segment);
      let edge = node.edges.find((candidate) => segmentId(candidate.segment) === id);
      if (edge === undefined) {
        const next: Node<Leaf> = {
          id: this.#nodeCount++,
          edges: [],
          leaves: [],
          specificity: node.specificity + weightOf[segment.kind],
        };
        const slots = namesOf(segment).map(() => this.#slotCount++);
        edge = { segment, slots, node: next };
        node.edges.push(edge);
      }
      for (const [index, name] of namesOf(segment).entries())
        slotByName.set(name, edge.slots[index]!);
      node = edge.node;
    }
    node.leaves.push(makeLeaf(slotByName));
  }

  build(reserved: ReadonlySet<string>): PathAutomaton<Leaf> {
    return new PathAutomaton(this.#root, reserved);
  }

  /** One more slot, for a leaf's own captures. */
  newSlot(): number {
    return this.#slotCount++;
  }
}

function namesOf(segment: PathSegment): readonly string[] {
  if (segment.kind !== 'items') return capturesOf(segment);
  return segment.capture === null ? [] : [segment.capture];
}

function segmentId(segment: PathSegment): string {
  if (segment.kind === 'literal') return `=${segment.text}`;
  if (segment.kind === 'mixed') return `~${segment.source}`;
  return `${segment.kind}:${segment.capture ?? ''}`;
}
