// What the ledger's records add up to: the last one of each thing counts. Series alone are only
// counted here; there may be a million, and they are read from the file where they are asked for.

import { ConsumerPositions } from './consumer-positions.ts';
import type { LedgerRecord } from './ledger-file.ts';
import { LossBook } from './loss-book.ts';
import type { Position } from './pending.ts';

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
      case 'position': {
        const { kind: _, ...position } = record;
        this.#positions.set(ConsumerPositions.key(record.stream, record.consumer), position);
        break;
      }
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

  /** The records that give this state, but for the series. */
  *records(): Generator<LedgerRecord> {
    for (const [id, name] of this.#names) yield { kind: 'stream', id, name };
    for (const [stream, next] of this.#reserves) yield { kind: 'reserve', stream, next };
    for (const position of this.#positions.values()) yield { kind: 'position', ...position };
    for (const entry of this.losses.all()) yield { kind: 'loss', ...entry };
    if (this.#deadLettersNext > 0) yield { kind: 'dead_letters', nextId: this.#deadLettersNext };
  }
}
