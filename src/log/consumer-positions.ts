// Positions of named consumers and of groups: what is durable, and the rules that a change must meet.

import { isConsumerName } from '../core/consumer-name.ts';
import { MillpondError } from '../core/errors.ts';
import {
  isLater,
  type Position,
  type PositionKind,
  positionKey,
  type Removal,
} from './position.ts';

interface Known {
  readonly kind: PositionKind;
  readonly revision: number;
  readonly isRemoved: boolean;
}

export class ConsumerPositions {
  readonly #durable = new Map<string, Position>();
  /** Those of changes under way included. */
  readonly #known = new Map<string, Known>();
  readonly #countMax: number;
  #lastRevision = 0;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  all(): Position[] {
    return [...this.#durable.values()];
  }

  get(stream: string, consumer: string): Position | null {
    return this.#durable.get(positionKey({ stream, consumer })) ?? null;
  }

  /** Throws CONSUMER_NAME_INVALID, CONSUMER_IS_GROUP. */
  ofConsumer(stream: string, consumer: string): Position | null {
    checkConsumerName(consumer);
    this.#checkKind({ stream, consumer, kind: 'plain' });
    return this.get(stream, consumer);
  }

  /** What the name stands for, durable or not yet; null for nothing. */
  kindOf(stream: string, consumer: string): PositionKind | null {
    const known = this.#known.get(positionKey({ stream, consumer }));
    return known === undefined || known.isRemoved ? null : known.kind;
  }

  /** The least position of the named consumers, 0 for one that has none yet; infinite for no names. */
  leastOf(stream: string, consumers: readonly string[]): number {
    let least = Number.POSITIVE_INFINITY;
    for (const consumer of consumers) {
      least = Math.min(least, this.get(stream, consumer)?.nextOffset ?? 0);
    }
    return least;
  }

  /** Takes a position that is on disk. */
  set(position: Position): void {
    const key = positionKey(position);
    const { kind, revision } = position;
    this.noteRevision(revision);
    this.#durable.set(key, position);
    const known = this.#known.get(key);
    if (known === undefined || known.revision <= revision) {
      this.#known.set(key, { kind, revision, isRemoved: false });
    }
  }

  /** Takes note that a removal is on disk. */
  remove(removal: Removal): void {
    const key = positionKey(removal);
    this.#durable.delete(key);
    // Whoever made it anew meanwhile is under way.
    if ((this.#known.get(key)?.revision ?? 0) <= removal.revision) this.#known.delete(key);
  }

  /** New revisions are greater than every one noted. */
  noteRevision(revision: number): void {
    this.#lastRevision = Math.max(this.#lastRevision, revision);
  }

  /**
   * A position to be written, made or moved forward. Throws CONSUMER_NAME_INVALID,
   * COMMIT_BEYOND_END, COMMIT_BEHIND, CONSUMER_IS_GROUP, GROUP_IS_CONSUMER or CONSUMER_LIMIT when it
   * may not be; else keeps a place for its consumer.
   */
  forward(position: Omit<Position, 'revision'>, highWatermark: number): Position {
    checkConsumerName(position.consumer);
    const { stream, consumer, nextOffset } = position;
    this.#checkKind(position);
    if (nextOffset > highWatermark) {
      throw new MillpondError(
        'COMMIT_BEYOND_END',
        `Consumer ${consumer} commits offset ${nextOffset} of ${stream}, which ends at ${highWatermark}.`,
      );
    }
    const known = this.#known.get(positionKey(position));
    const durable = this.get(stream, consumer);
    // A seek that is under way makes good any offset.
    const isSettled = durable !== null && durable.revision === known?.revision;
    if (isSettled && nextOffset < durable.nextOffset) {
      throw new MillpondError(
        'COMMIT_BEHIND',
        `Consumer ${consumer} commits offset ${nextOffset} of ${stream} but has already committed ${durable.nextOffset}.`,
      );
    }
    const isKnown = known !== undefined && !known.isRemoved;
    return this.#place(position, isKnown ? known.revision : this.#nextRevision());
  }

  /**
   * A position to be written wherever the one before stood. Throws CONSUMER_NAME_INVALID,
   * CONSUMER_IS_GROUP, GROUP_IS_CONSUMER or CONSUMER_LIMIT.
   */
  seek(position: Omit<Position, 'revision'>): Position {
    checkConsumerName(position.consumer);
    this.#checkKind(position);
    return this.#place(position, this.#nextRevision());
  }

  /** Throws CONSUMER_NAME_INVALID, CONSUMER_UNKNOWN. */
  removal(stream: string, consumer: string): Removal {
    checkConsumerName(consumer);
    const key = positionKey({ stream, consumer });
    const known = this.#known.get(key);
    if (known === undefined || known.isRemoved) {
      throw new MillpondError(
        'CONSUMER_UNKNOWN',
        `Stream ${stream} has no consumer named ${consumer}.`,
      );
    }
    const revision = this.#nextRevision();
    this.#known.set(key, { kind: known.kind, revision, isRemoved: true });
    return { stream, consumer, revision };
  }

  /** Whether what is durable already is later: it was checked while this was under way. */
  isBehind(position: Position): boolean {
    const durable = this.get(position.stream, position.consumer);
    return durable !== null && isLater(durable, position);
  }

  #checkKind({ stream, consumer, kind }: Pick<Position, 'stream' | 'consumer' | 'kind'>): void {
    const known = this.kindOf(stream, consumer);
    if (known === null || known === kind) return;
    throw known === 'group'
      ? new MillpondError('CONSUMER_IS_GROUP', `${consumer} is a group of ${stream}.`)
      : new MillpondError('GROUP_IS_CONSUMER', `${consumer} is a plain consumer of ${stream}.`);
  }

  #place(position: Omit<Position, 'revision'>, revision: number): Position {
    const key = positionKey(position);
    if (!this.#known.has(key) && this.#known.size >= this.#countMax) {
      throw new MillpondError(
        'CONSUMER_LIMIT',
        `Consumer ${position.consumer} would be one more than the ${this.#countMax} allowed.`,
      );
    }
    this.#known.set(key, { kind: position.kind, revision, isRemoved: false });
    return { ...position, revision };
  }

  #nextRevision(): number {
    this.#lastRevision += 1;
    return this.#lastRevision;
  }
}

/** Throws CONSUMER_NAME_INVALID. */
export function checkConsumerName(consumer: string): void {
  if (isConsumerName(consumer)) return;
  const shown = JSON.stringify(consumer.slice(0, 40));
  throw new MillpondError('CONSUMER_NAME_INVALID', `${shown} cannot name a consumer.`);
}
