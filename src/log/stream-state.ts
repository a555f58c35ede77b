// One stream while the log is open: its watermarks, where its rows lie (sealed, hot, and the ring of
// the newest), and what is asked of it.

import { hotTable } from './schema.ts';
import { SegmentList } from './segments/segment.ts';
import { noLimits, type StreamSettings } from './stream-settings.ts';
import type { TailRing } from './tail-ring.ts';

/** A table of hot rows: offsets [first, next), dense and durable. */
export interface HotTable {
  readonly name: string;
  readonly first: number;
  next: number;
  /** When its first row was committed, microseconds. */
  readonly openedAtUs: number;
}

export class StreamState {
  readonly id: number;
  readonly name: string;
  readonly ring: TailRing;
  readonly segments = new SegmentList();
  /** In offset order. Commits write to the last one while it is open. */
  readonly hot: HotTable[] = [];
  settings: StreamSettings;
  /** One past the newest durable offset: the next to be given out to readers. */
  highWatermark: number;
  /** One past the newest offset given to a reading, durable or not yet. */
  nextOffset: number;
  /** What the rollups of its segments take on disk. */
  rollupBytes = 0;
  /** At its hard limit with `refuse`: nothing more is taken. */
  isFull = false;
  /** Changes whenever rows move or go: a read that fails across a change is tried again. */
  layoutVersion = 0;
  /** While a table that is read may be gone, though this state does not say so yet. */
  moving: Promise<void> | null = null;
  #isLastClosed = true;

  constructor(
    identity: { id: number; name: string; settings?: StreamSettings },
    nextOffset: number,
    ring: TailRing,
  ) {
    this.id = identity.id;
    this.name = identity.name;
    this.settings = identity.settings ?? noLimits;
    this.ring = ring;
    this.highWatermark = nextOffset;
    this.nextOffset = nextOffset;
  }

  /** The oldest offset kept. */
  get lowWatermark(): number {
    return this.segments.all[0]?.first ?? this.hot[0]?.first ?? this.highWatermark;
  }

  /** The table that commits write to; null when the next commit must make one. */
  get openTable(): HotTable | null {
    return this.#isLastClosed ? null : (this.hot.at(-1) ?? null);
  }

  /** Tables that take no more rows, the oldest first. */
  get closedTables(): readonly HotTable[] {
    return this.#isLastClosed ? this.hot : this.hot.slice(0, -1);
  }

  get hotRows(): number {
    let rows = 0;
    for (const { first, next } of this.hot) rows += next - first;
    return rows;
  }

  /** The next commit makes a new table. Only while no commit is under way. */
  closeOpenTable(): void {
    this.#isLastClosed = true;
  }

  /** Takes note of `rows` that are durable in `table`, a new one if it is not the open one. */
  committed(table: string, rows: number, nowUs: number): void {
    let last = this.hot.at(-1);
    if (last === undefined || last.name !== table) {
      last = {
        name: table,
        first: this.highWatermark,
        next: this.highWatermark,
        openedAtUs: nowUs,
      };
      this.hot.push(last);
      this.#isLastClosed = false;
      this.layoutVersion += 1;
    }
    this.highWatermark += rows;
    last.next = this.highWatermark;
  }

  /** Takes a table as it was found at start, in offset order. Rows that follow on it may join it. */
  restoreHot(first: number, next: number, openedAtUs: number): void {
    this.hot.push({ name: hotTable(this.id, first), first, next, openedAtUs });
    this.#isLastClosed = next !== this.highWatermark;
    this.layoutVersion += 1;
  }

  dropHot(table: HotTable): void {
    const index = this.hot.indexOf(table);
    if (index >= 0) this.hot.splice(index, 1);
    if (this.hot.length === 0) this.#isLastClosed = true;
    this.layoutVersion += 1;
  }

  /** The hot table that holds `offset`, else the first one after it, else null. */
  hotAtOrAfter(offset: number): HotTable | null {
    return this.hot.find((table) => table.next > offset) ?? null;
  }
}
