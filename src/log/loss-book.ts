// The losses that are on record: what is not there any more, of which stream, why, how much. Bounded:
// ranges that touch are one entry, and beyond the limit the oldest of a kind are told as one sum.

import type { LossReason } from '../core/loss-reason.ts';

export interface Loss {
  /** Empty where it concerns no stream. */
  readonly stream: string;
  /** -1 where the loss is not a range of offsets. */
  readonly firstOffset: number;
  /** Inclusive. */
  readonly lastOffset: number;
  readonly count: number;
  readonly reason: LossReason;
  readonly detail: string;
  readonly atUs: number;
}

export interface LossEntry extends Loss {
  readonly id: number;
  /** A sum of entries that lie apart: `count` is exact, the range is only where they lie. */
  readonly isSum: boolean;
}

/** Losses without offsets that come closer together than this are one entry. */
const JOINED_WITHIN_US = 3_600_000_000;

export class LossBook {
  readonly #entriesMax: number;
  readonly #entries = new Map<number, LossEntry>();
  #nextId = 0;

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  /** Oldest first. */
  all(): LossEntry[] {
    return [...this.#entries.values()];
  }

  /** Readings and messages lost, over all entries; no note is ever missing from it. */
  get count(): number {
    let sum = 0;
    for (const { count } of this.#entries.values()) sum += count;
    return sum;
  }

  /** Puts an entry back as it was written; `count` 0 takes it out. */
  restore(entry: LossEntry): void {
    this.#nextId = Math.max(this.#nextId, entry.id + 1);
    if (entry.count === 0) this.#entries.delete(entry.id);
    else this.#entries.set(entry.id, entry);
  }

  /**
   * Notes a loss and returns the entries that changed, for `restore` after a start. A range of
   * offsets that is noted twice, as after a crash between noting and doing, counts once.
   */
  note(loss: Loss): LossEntry[] {
    const changed: LossEntry[] = [];
    let merged: LossEntry | null = null;
    for (const entry of this.#joinable(loss)) {
      if (merged !== null) changed.push(this.#remove(merged));
      merged = join(entry, merged ?? loss);
      this.#entries.set(merged.id, merged);
    }
    merged ??= this.#add({ ...loss, id: this.#nextId, isSum: false });
    changed.push(merged);
    if (this.#entries.size > this.#entriesMax) changed.push(...this.#foldOldest());
    return changed;
  }

  #joinable(loss: Loss): LossEntry[] {
    const ofKind = this.all().filter((each) => isSameKind(each, loss) && !each.isSum);
    if (loss.firstOffset >= 0) return ofKind.filter((each) => doTouch(each, loss));
    const last = ofKind.at(-1);
    const isNear = last !== undefined && Math.abs(loss.atUs - last.atUs) < JOINED_WITHIN_US;
    return isNear && last.firstOffset < 0 ? [last] : [];
  }

  #add(entry: LossEntry): LossEntry {
    this.#nextId = Math.max(this.#nextId, entry.id + 1);
    this.#entries.set(entry.id, entry);
    return entry;
  }

  #remove(entry: LossEntry): LossEntry {
    this.#entries.delete(entry.id);
    return { ...entry, count: 0 };
  }

  // Where no two are of one kind the book stays longer: there are few kinds.
  #foldOldest(): LossEntry[] {
    const seen = new Map<string, LossEntry>();
    for (const entry of this.#entries.values()) {
      const kind = JSON.stringify([entry.stream, entry.reason, entry.firstOffset < 0]);
      const first = seen.get(kind);
      if (first === undefined) {
        seen.set(kind, entry);
        continue;
      }
      const sum: LossEntry = { ...spanOf(first, entry), id: first.id, isSum: true };
      this.#entries.set(sum.id, sum);
      return [this.#remove(entry), sum];
    }
    return [];
  }
}

function isSameKind(a: Loss, b: Loss): boolean {
  return a.stream === b.stream && a.reason === b.reason;
}

function doTouch(a: Loss, b: Loss): boolean {
  if (a.firstOffset < 0) return false;
  return a.firstOffset <= b.lastOffset + 1 && b.firstOffset <= a.lastOffset + 1;
}

function join(entry: LossEntry, loss: Loss): LossEntry {
  const span = spanOf(entry, loss);
  if (loss.firstOffset < 0) return { ...span, id: entry.id, isSum: false };
  const isApart = entry.lastOffset < loss.firstOffset || loss.lastOffset < entry.firstOffset;
  const common = Math.min(entry.lastOffset, loss.lastOffset) + 1;
  const shared = common - Math.max(entry.firstOffset, loss.firstOffset);
  // Of a range with holes it is not known how many of the shared offsets count: the larger rest.
  const count = isApart ? span.count : Math.max(entry.count, loss.count, span.count - shared);
  return { ...span, count, id: entry.id, isSum: false };
}

/** Both as one, the counts added up. */
function spanOf(a: Loss, b: Loss): Loss {
  const later = a.atUs > b.atUs ? a : b;
  return {
    stream: a.stream,
    firstOffset: Math.min(a.firstOffset, b.firstOffset),
    lastOffset: Math.max(a.lastOffset, b.lastOffset),
    count: a.count + b.count,
    reason: a.reason,
    detail: later.detail,
    atUs: later.atUs,
  };
}
