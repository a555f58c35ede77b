// The devices as the gateway lists them, page by page: more are asked for when the rows in view come
// near the end, and only the pages in view are asked for again.
import type { Device, DevicePage } from '../../api/answers.ts';
import { createStore } from '../../api/store.ts';

export interface DeviceListState {
  readonly rows: readonly Device[];
  /** No more behind them. */
  readonly isComplete: boolean;
  readonly problem: Error | null;
}

interface LoadedPage {
  /** Null is the beginning. */
  readonly cursor: string | null;
  readonly devices: readonly Device[];
  readonly nextCursor: string | null;
}

export type ReadPage = (cursor: string | null, signal: AbortSignal) => Promise<DevicePage>;

/** So many rows before the end the next page is asked for. */
const AHEAD = 40;

export class DeviceList {
  readonly state = createStore<DeviceListState>({ rows: [], isComplete: false, problem: null });
  readonly #read: ReadPage;
  readonly #end = new AbortController();
  readonly #pages: LoadedPage[] = [];
  #first = 0;
  #last = 0;
  #isUnderWay = false;

  constructor(read: ReadPage) {
    this.#read = read;
  }

  close(): void {
    this.#end.abort();
  }

  /** Rows [first, last) are in view. */
  async show(first: number, last: number): Promise<void> {
    this.#first = first;
    this.#last = last;
    await this.#exclusively(() => this.#loadAhead());
  }

  /** Asks again for the pages in view; after a failure also for those that are still missing. */
  async refresh(): Promise<void> {
    await this.#exclusively(async () => {
      let firstRow = 0;
      for (const [index, page] of [...this.#pages.entries()]) {
        const nextRow = firstRow + page.devices.length;
        if (firstRow < this.#last && nextRow > this.#first) await this.#load(index, page.cursor);
        firstRow = nextRow;
      }
      await this.#loadAhead();
    });
  }

  async #loadAhead(): Promise<void> {
    while (this.#rowCount() < this.#last + AHEAD) {
      const newest = this.#pages.at(-1);
      if (newest !== undefined && newest.nextCursor === null) return;
      await this.#load(this.#pages.length, newest?.nextCursor ?? null);
    }
  }

  async #load(index: number, cursor: string | null): Promise<void> {
    const { devices, nextCursor } = await this.#read(cursor, this.#end.signal);
    this.#pages[index] = { cursor, devices, nextCursor };
    // The list became shorter: what was behind it is old.
    if (nextCursor === null) this.#pages.length = index + 1;
    this.#publish(null);
  }

  async #exclusively(work: () => Promise<void>): Promise<void> {
    if (this.#isUnderWay || this.#end.signal.aborted) return;
    this.#isUnderWay = true;
    try {
      await work();
      if (this.state.get().problem !== null) this.#publish(null);
    } catch (error) {
      if (!this.#end.signal.aborted) this.#publish(error as Error);
    } finally {
      this.#isUnderWay = false;
    }
  }

  #publish(problem: Error | null): void {
    this.state.set({
      rows: this.#pages.flatMap(({ devices }) => devices),
      isComplete: this.#pages.at(-1)?.nextCursor === null,
      problem,
    });
  }

  #rowCount(): number {
    return this.#pages.reduce((sum, { devices }) => sum + devices.length, 0);
  }
}
