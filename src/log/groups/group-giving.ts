// What a group gives out, on its way: the rows of what was picked are gathered, encoded and sent; those
// of what is given up are put with the dead letters. Whatever changed meanwhile, nothing is sent that
// is not the member's any more.

import type { MemberEvent } from '../../core/group.ts';
import type { ReadingColumns } from '../../core/reading.ts';
import type { ReadResult } from '../stream-reader.ts';
import type { Member } from './device-queue.ts';
import type { DeadReading } from './group-letters.ts';
import type { Dying, Picked } from './group-shapes.ts';
import type { GroupState } from './group-state.ts';
import { type RecentRows, runOf } from './recent-rows.ts';
import { type Gathered, gatherRows, recentRows } from './row-gathering.ts';

/** Encodes readings for a member; knows how many fill so many bytes. */
export interface DeliveryEncoding {
  rowsFor(bytesMax: number): number;
  encode(request: {
    readonly offsets: readonly number[];
    readonly runs: readonly ReadingColumns[];
    readonly deliveryCount: (offset: number) => number;
    readonly bytesMax: number;
  }): { readonly buffer: ArrayBuffer; readonly ranges: number[]; readonly readings: number };
}

export interface GroupGivingParts {
  readonly recent: RecentRows;
  readonly encoder: DeliveryEncoding;
  readonly read: (from: number, rowsMax: number) => Promise<ReadResult>;
  /** Each as a run of its own, ascending; without those that are there no more. */
  readonly readLetters: (offsets: readonly number[]) => Promise<ReadingColumns[]>;
  readonly nowMs: () => number;
  /** Whether what was picked of this state still counts. */
  readonly isCurrent: (state: GroupState) => boolean;
  readonly send: (member: Member, event: MemberEvent) => void;
  readonly gap: (first: number, next: number, reason: string) => void;
  /** Puts it into the commit that is being filled. */
  readonly keep: (dead: Omit<DeadReading, 'diedAtUs'>) => void;
  /** Called right after: what it settled goes with the same commit. */
  readonly buried: () => void;
  /** There is more to give out. */
  readonly again: () => void;
  readonly failed: () => void;
}

const DELIVERY_BYTES_MAX = 64 * 1024;
const RETRY_MS = 1000;

export class GroupGiving {
  readonly #parts: GroupGivingParts;
  #redeliveries = 0;

  constructor(parts: GroupGivingParts) {
    this.#parts = parts;
  }

  /** Readings given out again, since the start. */
  get redeliveries(): number {
    return this.#redeliveries;
  }

  /** How many readings fill a delivery, by what they took lately. */
  get readingsMax(): number {
    return this.#parts.encoder.rowsFor(DELIVERY_BYTES_MAX);
  }

  /** At once, where the rows were looked at a moment ago; else when they are read. */
  give(state: GroupState, picked: Picked): void {
    const { recent, read } = this.#parts;
    if (picked.areLetters) {
      this.#whenRead(state, picked, this.#readLetters(state, picked));
      return;
    }
    const known = recentRows(picked.offsets, recent);
    if (known !== null) this.#send(state, picked, known.runs);
    else this.#whenRead(state, picked, gatherRows(picked.offsets, recent, read));
  }

  #whenRead(state: GroupState, picked: Picked, reading: Promise<Gathered>): void {
    reading.then(
      ({ runs, gone }) => {
        if (gone.length === 0 && runs.length > 0) this.#send(state, picked, runs);
        else this.#putBack(state, picked, gone);
      },
      () => {
        if (!this.#parts.isCurrent(state)) return;
        state.putBack(picked);
        picked.member.isBusy = false;
        this.#parts.failed();
      },
    );
  }

  /** A letter that is there no more goes round no more; the others are picked anew. */
  async #readLetters(state: GroupState, { offsets }: Picked): Promise<Gathered> {
    const runs = await this.#parts.readLetters(offsets);
    if (runs.length === offsets.length) return { runs, gone: [] };
    // After a seek its members are another state's.
    if (!this.#parts.isCurrent(state)) return { runs: [], gone: [] };
    const found = new Set(runs.map((columns) => runOf(columns).first));
    for (const offset of offsets) if (!found.has(offset)) state.letters.drop(offset);
    return { runs: [], gone: [] };
  }

  async bury(state: GroupState, dying: Dying): Promise<void> {
    const { isCurrent, recent, read, keep, buried, again } = this.#parts;
    const { offset } = dying;
    try {
      const [columns] = (await gatherRows([offset], recent, read)).runs;
      if (!isCurrent(state)) return;
      // A row that is gone is a loss already.
      if (columns !== undefined) keep({ ...dying, columns, row: offset - runOf(columns).first });
      state.bury(offset);
      buried();
      again();
    } catch {
      if (isCurrent(state)) setTimeout(() => void this.bury(state, dying), RETRY_MS).unref();
    }
  }

  #send(state: GroupState, picked: Picked, runs: readonly ReadingColumns[]): void {
    const { isCurrent, encoder, nowMs, send, again } = this.#parts;
    const { member, offsets } = picked;
    if (!isCurrent(state) || member.isGone) return;
    if (!state.arePicked(picked)) {
      this.#putBack(state, picked, []);
      return;
    }
    const { buffer, ranges, readings } = encoder.encode({
      offsets,
      runs,
      deliveryCount: (offset) => this.#countDelivery(state, offset),
      bytesMax: DELIVERY_BYTES_MAX,
    });
    state.putBack({ ...picked, offsets: offsets.slice(readings) });
    state.sent({ ...picked, offsets: offsets.slice(0, readings) }, nowMs());
    member.isBusy = false;
    member.unwritten += 1;
    send(member, { kind: 'delivery', buffer, ranges, readings });
    again();
  }

  #countDelivery(state: GroupState, offset: number): number {
    const count = state.deliveryCount(offset);
    if (count > 1) this.#redeliveries += 1;
    return count;
  }

  #putBack(state: GroupState, picked: Picked, gone: Gathered['gone']): void {
    const { isCurrent, gap, again } = this.#parts;
    if (!isCurrent(state)) return;
    state.putBack(picked);
    picked.member.isBusy = false;
    for (const { first, next, reason } of gone) {
      state.gone(first, next);
      gap(first, next, reason);
    }
    again();
  }
}
