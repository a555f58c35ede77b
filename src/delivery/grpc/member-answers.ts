// What a member is to be told while an earlier answer is still on its way to it: joined, so that one
// that does not read is owed two messages and no more.

import type { MemberEvent, SettleFault } from '../../core/group.ts';

export type SettledEvent = Extract<MemberEvent, { kind: 'settled' }>;
export type GapEvent = Extract<MemberEvent, { kind: 'gap' }>;

export class MemberAnswers {
  #gap: GapEvent | null = null;
  #settled: { throughId: number; faults: SettleFault[] } | null = null;

  add(event: SettledEvent | GapEvent): void {
    if (event.kind === 'gap') {
      const { first } = this.#gap ?? event;
      this.#gap = { ...event, first };
      return;
    }
    const { throughId, faults } = event;
    // A list of its own: it grows. Its faults are about asks that count as unanswered until then.
    this.#settled ??= { throughId, faults: [] };
    this.#settled.throughId = throughId;
    this.#settled.faults.push(...faults);
  }

  /** All there is; null when there is nothing. */
  take(): { readonly gap: GapEvent | null; readonly settled: SettledEvent | null } | null {
    if (this.#gap === null && this.#settled === null) return null;
    const gap = this.#gap;
    const settled = this.#settled === null ? null : { kind: 'settled' as const, ...this.#settled };
    this.#gap = null;
    this.#settled = null;
    return { gap, settled };
  }
}
