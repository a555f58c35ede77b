// The readings of a stream as they come, by server-sent events: the newest rows and no more, in steps
// that an eye can follow. It stops while the page is not seen, and says what it did not show.
import type { ReadingEvent } from './answers.ts';
import { apiUrl, Problem, type Query } from './client.ts';
import { gatewayNowMs } from './connection.ts';
import { createStore } from './store.ts';

export interface TailFilter {
  readonly stream: string;
  readonly device: string;
  readonly metric: string;
}

export type TailRow =
  | { readonly kind: 'reading'; readonly key: string; readonly reading: ReadingEvent }
  | { readonly kind: 'note'; readonly key: string; readonly text: string };

export interface TailState {
  /** The newest first. */
  readonly rows: readonly TailRow[];
  readonly isOpen: boolean;
  readonly isPaused: boolean;
  /** Came since the pause. */
  readonly waiting: number;
  readonly problem: Problem | null;
}

/** So many rows are kept; those before them are in the log. */
export const ROWS_MAX = 300;
const STEP_MS = 200;
const REOPEN_MS = 5_000;
/** Readings this old, and this many at once, are a past that nobody came to see. */
const BEHIND_MS = 30_000;
const BEHIND_ROWS = 1_000;

const empty: TailState = { rows: [], isOpen: false, isPaused: false, waiting: 0, problem: null };

export class LiveTail {
  readonly state = createStore<TailState>(empty);
  readonly #query: Query;
  #source: EventSource | null = null;
  #end = new AbortController();
  #pending: TailRow[] = [];
  #arrived = 0;
  #notes = 0;
  #last = -1;
  #timer = 0;
  #reopen = 0;

  /** `beginAfter`: the offset before the first reading to show. */
  constructor({ stream, device, metric }: TailFilter, beginAfter: number) {
    this.#query = { stream, device, metric };
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#open(beginAfter);
  }

  pause(isPaused: boolean): void {
    this.#set({ isPaused, waiting: 0 });
    if (!isPaused) this.#show();
  }

  clear(): void {
    this.#pending = [];
    this.#set({ rows: [], waiting: 0 });
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.#onVisibility);
    this.#shut();
  }

  #set(part: Partial<TailState>): void {
    this.state.set({ ...this.state.get(), ...part });
  }

  readonly #onVisibility = (): void => {
    if (document.hidden) {
      this.#shut();
      this.#set({ isOpen: false });
    } else if (this.#source === null) {
      this.#note('The page was not seen for a while: readings of that time are left out here.');
      this.#open(null);
    }
  };

  #shut(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#reopen);
    this.#timer = 0;
    this.#end.abort();
    this.#source?.close();
    this.#source = null;
  }

  /** Behind an offset; null for the end of the stream. */
  #open(after: number | null): void {
    this.#shut();
    this.#end = new AbortController();
    this.#last = after ?? -1;
    const lastEventId = after === null ? undefined : String(after);
    const url = apiUrl('live', { ...this.#query, lastEventId });
    const source = new EventSource(url);
    this.#source = source;
    source.onopen = () => this.#set({ isOpen: true, problem: null });
    source.onmessage = ({ data }) => this.#take(JSON.parse(data) as ReadingEvent);
    source.addEventListener('gap', ({ data }) => {
      const { firstOffset, nextOffset, reason } = JSON.parse(data) as Record<string, string>;
      const last = BigInt(nextOffset ?? 1) - 1n;
      this.#note(`Readings ${firstOffset} to ${last} are gone (${reason?.replaceAll('_', ' ')}).`);
    });
    source.addEventListener('dropped', () =>
      this.#note('This browser did not keep up and was cut off; it goes on where it was.'),
    );
    source.onerror = () => {
      this.#set({ isOpen: false });
      // It tries again by itself, but not after an answer that was no stream.
      if (source.readyState !== EventSource.CLOSED || this.#source !== source) return;
      void this.#explain(url, this.#end.signal);
      this.#reopen = window.setTimeout(() => this.#again(), REOPEN_MS);
    };
  }

  /** Behind the last reading that was had; a log that ends before it is another one. */
  #again(): void {
    const isOther = this.state.get().problem?.code === 'OFFSET_BEYOND_END';
    this.#open(isOther ? null : this.#last);
  }

  /** An EventSource does not say why it was refused. */
  async #explain(url: string, signal: AbortSignal): Promise<void> {
    const asking = new AbortController();
    try {
      const within = AbortSignal.any([signal, asking.signal]);
      const response = await fetch(url, { signal: within, cache: 'no-store' });
      if (response.ok || !response.headers.get('content-type')?.includes('json')) return;
      this.#set({ problem: new Problem(response.status, await response.json()) });
    } catch {
      // The banner tells that the gateway does not answer.
    } finally {
      asking.abort();
    }
  }

  #take(reading: ReadingEvent): void {
    const offset = Number(reading.offset);
    if (offset <= this.#last) return;
    this.#last = offset;
    this.#arrived += 1;
    this.#push({ kind: 'reading', key: reading.offset, reading });
  }

  #note(text: string): void {
    this.#notes += 1;
    this.#push({ kind: 'note', key: `note ${this.#notes}`, text });
  }

  #push(row: TailRow): void {
    this.#pending.push(row);
    if (this.#pending.length > 2 * ROWS_MAX) this.#pending = this.#pending.slice(-ROWS_MAX);
    if (this.#timer === 0) this.#timer = window.setTimeout(() => this.#step(), STEP_MS);
  }

  #step(): void {
    this.#timer = 0;
    const { isPaused, waiting } = this.state.get();
    const arrived = this.#arrived;
    this.#arrived = 0;
    if (isPaused) this.#set({ waiting: waiting + arrived });
    else this.#show();
    const newest = this.#pending.at(-1) ?? this.state.get().rows[0];
    if (arrived < BEHIND_ROWS || newest?.kind !== 'reading') return;
    if (gatewayNowMs() - Date.parse(newest.reading.receivedAt) < BEHIND_MS) return;
    this.#note('Far behind: readings are left out here to show what comes now.');
    this.#open(null);
  }

  #show(): void {
    const rows = [...this.#pending.reverse(), ...this.state.get().rows].slice(0, ROWS_MAX);
    this.#pending = [];
    this.#set({ rows });
  }
}
