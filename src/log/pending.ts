// What the next commit will hold: rows, dead letters, consumers' positions, and whom to tell.

import type { FrameFault, RawMessage } from '../core/raw-message.ts';
import { ColumnBuilder } from './column-builder.ts';
import { GroupChange } from './groups/group-change.ts';
import type { Loss } from './loss-book.ts';
import { isLater, type Position, positionKey, type Removal } from './position.ts';

export interface DeadLetter {
  readonly receivedAtUs: number;
  readonly source: string;
  readonly topic: string;
  readonly profile: string;
  readonly reason: string;
  readonly detail: string;
  readonly isRetained: boolean;
  readonly isRedelivered: boolean;
  readonly fault?: FrameFault;
  /** As `encodeParts` tells them, the readings of the message that count already; empty for none. */
  readonly parts: Uint8Array;
  /** A copy, owned by the dead letter. */
  readonly payload: Uint8Array;
}

export function deadLetterOf(
  message: RawMessage,
  why: { profile: string; reason: string; detail: string; parts: Uint8Array },
): DeadLetter {
  return {
    receivedAtUs: message.receivedAtUs,
    source: message.source,
    topic: message.topic,
    profile: why.profile,
    reason: why.reason,
    detail: why.detail,
    isRetained: message.isRetained,
    isRedelivered: message.isRedelivered,
    parts: why.parts,
    ...(message.fault === undefined ? {} : { fault: message.fault }),
    payload: Uint8Array.from(message.payload),
  };
}

/** What it counts for against the limit. */
export function bytesOf({ payload, parts }: DeadLetter): number {
  return payload.length + parts.length;
}

export class Pending {
  /** The least of what its streams ask for. */
  commitIntervalMs: number;
  /** By stream number. */
  readonly rows = new Map<number, ColumnBuilder>();
  readonly deadLetters: DeadLetter[] = [];
  /** Numbers of dead letters that go with this commit. */
  readonly removedDeadLetters = new Set<number>();
  readonly losses: Loss[] = [];
  /** By stream and name; none is in both. */
  readonly positions = new Map<string, Position>();
  readonly removedPositions = new Map<string, Removal>();
  /** By stream and name. */
  readonly groups = new Map<string, GroupChange>();
  /** The highest sequence of each producer of messages in this commit. */
  readonly producers = new Map<string, number>();
  readonly forgottenProducers = new Set<string>();
  /** Called in this order once the commit is durable. */
  readonly onDurable: (() => void)[] = [];
  readonly onFailed: ((error: Error) => void)[] = [];

  constructor(commitIntervalMs: number) {
    this.commitIntervalMs = commitIntervalMs;
  }

  get isEmpty(): boolean {
    return (
      this.rows.size === 0 &&
      this.deadLetters.length === 0 &&
      this.removedDeadLetters.size === 0 &&
      this.positions.size === 0 &&
      this.removedPositions.size === 0 &&
      this.groups.size === 0 &&
      this.producers.size === 0 &&
      this.forgottenProducers.size === 0 &&
      this.losses.length === 0 &&
      this.onDurable.length === 0
    );
  }

  /** The latest of each name wins, whatever the order of the calls. */
  setPosition(position: Position): void {
    const key = positionKey(position);
    const waiting = this.positions.get(key);
    if (waiting !== undefined && isLater(waiting, position)) return;
    this.removedPositions.delete(key);
    this.positions.set(key, position);
  }

  removePosition(removal: Removal): void {
    const key = positionKey(removal);
    this.positions.delete(key);
    this.removedPositions.set(key, removal);
  }

  groupChange(stream: string, consumer: string): GroupChange {
    const key = positionKey({ stream, consumer });
    let change = this.groups.get(key);
    if (change === undefined) {
      change = new GroupChange(stream, consumer);
      this.groups.set(key, change);
    }
    return change;
  }

  builder(streamId: number): ColumnBuilder {
    let builder = this.rows.get(streamId);
    if (builder === undefined) {
      builder = new ColumnBuilder();
      this.rows.set(streamId, builder);
    }
    return builder;
  }
}
