// What a commit changes of a group: what was settled, what was given up, where it stands as a whole.

import { encodeRanges, rangesOf } from './offset-ranges.ts';

/** A reading that a group gave up, as it is stored. */
export interface GroupLetter {
  readonly offset: number;
  readonly series: number;
  readonly measuredAtUs: number;
  readonly receivedAtUs: number;
  readonly value: number | string;
  readonly quality: number;
  readonly failures: number;
  readonly reason: string;
  readonly diedAtUs: number;
}

/** As it is written. */
export interface GroupWrite {
  readonly stream: string;
  readonly group: string;
  /** Of the position that what is settled belongs to. */
  readonly revision: number;
  /** Takes the place of all that was settled before; null to leave it. */
  readonly whole: Uint8Array | null;
  /** Settled beside it. */
  readonly settled: Uint8Array;
  readonly letters: readonly GroupLetter[];
  readonly removedLetters: readonly number[];
  /** All dead letters go, with what is settled. */
  readonly isRemoved: boolean;
}

export class GroupChange {
  readonly stream: string;
  readonly group: string;
  #revision = 0;
  #settled: number[] = [];
  #whole: readonly number[] | null = null;
  #letters = new Map<number, GroupLetter>();
  #removedLetters = new Set<number>();
  #isRemoved = false;

  constructor(stream: string, group: string) {
    this.stream = stream;
    this.group = group;
  }

  addSettled(offsets: readonly number[], revision: number): void {
    this.#revision = revision;
    if (this.#settled.length === 0) this.#settled = [...offsets];
    else for (const offset of offsets) this.#settled.push(offset);
  }

  /** In place of everything that was settled before: ranges above the floor. */
  setWhole(settled: readonly number[], revision: number): void {
    this.#revision = revision;
    this.#whole = settled;
    this.#settled = [];
  }

  addLetter(letter: GroupLetter): void {
    this.#removedLetters.delete(letter.offset);
    this.#letters.set(letter.offset, letter);
  }

  removeLetter(offset: number): void {
    this.#letters.delete(offset);
    this.#removedLetters.add(offset);
  }

  remove(): void {
    this.setWhole([], 0);
    this.#letters.clear();
    this.#isRemoved = true;
  }

  write(): GroupWrite {
    return {
      stream: this.stream,
      group: this.group,
      revision: this.#revision,
      whole: this.#whole === null ? null : encodeRanges(this.#whole),
      settled: encodeRanges(rangesOf(this.#settled)),
      letters: [...this.#letters.values()],
      removedLetters: [...this.#removedLetters],
      isRemoved: this.#isRemoved,
    };
  }
}
