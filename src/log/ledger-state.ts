// What the ledger's records add up to: the last one of each thing counts. Series alone are only
// counted here; there may be a million, and they are read from the file where they are asked for.

import type { LedgerRecord } from './ledger-file.ts';
import { positionOf, positionRecord, removalRecord } from './ledger-position.ts';
import { LossBook } from './loss-book.ts';
import { type Position, positionKey, type Removal } from './position.ts';

/** Names that are remembered as deleted: older ones could come back if the database were lost now. */
const REMOVALS_MAX = 10_000;

export interface LedgerStream {
  readonly id: number;
  readonly name: string;
  /** Offsets below it may have been given out. */
  readonly reserve: number;
}

export class LedgerState {
  readonly losses: LossBook;
  readonly #names = new Map<number, string>();
  readonly #reserves = new Map<number, number>();
  readonly #positions = new Map<string, Position>();
  readonly #removals = new Map<string, Removal>();
  #version = 0;
  #seriesNext = 0;
  #deadLettersNext = 0;

  constructor(lossesMax: number) {
    this.losses = new LossBook(lossesMax);
  }

  /** Of the file read; 0 where it does not say. */
  get version(): number {
    return this.#version;
  }

  /** Above every series' number. */
  get seriesNext(): number {
    return this.#seriesNext;
  }

  get deadLettersNext(): number {
    return this.#deadLettersNext;
  }

  streams(): LedgerStream[] {
    const ids = new Set([...this.#names.keys(), ...this.#reserves.keys()]);
    return [...ids].map((id) => ({
      id,
      name: this.#names.get(id) ?? '',
      reserve: this.reserve(id),
    }));
  }

  reserve(stream: number): number {
    return this.#reserves.get(stream) ?? 0;
  }

  positions(): Position[] {
    return [...this.#positions.values()];
  }

  /** Of names that have no position, the latest last. */
  removals(): Removal[] {
    return [...this.#removals.values()];
  }

  apply(record: LedgerRecord): void {
    switch (record.kind) {
      case 'ledger':
        this.#version = Math.max(this.#version, record.version);
        break;
      case 'stream':
        this.#names.set(record.id, record.name);
        break;
      case 'reserve':
        this.#reserves.set(record.stream, Math.max(this.reserve(record.stream), record.next));
        break;
      case 'position':
        this.#removals.delete(positionKey(record));
        this.#positions.set(positionKey(record), positionOf(record));
        break;
      case 'position_removed':
        this.#remove(record);
        break;
      case 'loss': {
        const { kind: _, ...entry } = record;
        this.losses.restore(entry);
        break;
      }
      case 'series':
        this.#seriesNext = Math.max(this.#seriesNext, record.id + 1);
        break;
      case 'dead_letters':
        this.#deadLettersNext = Math.max(this.#deadLettersNext, record.nextId);
        break;
    }
  }

  #remove({ stream, consumer, revision }: Removal): void {
    const key = positionKey({ stream, consumer });
    this.#positions.delete(key);
    this.#removals.delete(key);
    this.#removals.set(key, { stream, consumer, revision });
    if (this.#removals.size <= REMOVALS_MAX) return;
    for (const oldest of this.#removals.keys()) {
      this.#removals.delete(oldest);
      return;
    }
  }

  /** The records that give this state, but for the series. */
  *records(): Generator<LedgerRecord> {
    for (const [id, name] of this.#names) yield { kind: 'stream', id, name };
    for (const [stream, next] of this.#reserves) yield { kind: 'reserve', stream, next };
    for (const position of this.#positions.values()) yield positionRecord(position);
    for (const removal of this.#removals.values()) yield removalRecord(removal);
    for (const entry of this.losses.all()) yield { kind: 'loss', ...entry };
    if (this.#deadLettersNext > 0) yield { kind: 'dead_letters', nextId: this.#deadLettersNext };
  }
}
