// What is due at a time, the earliest first.

export class DueHeap<Item> {
  readonly #times: number[] = [];
  readonly #items: Item[] = [];

  get count(): number {
    return this.#items.length;
  }

  /** Infinite when there is nothing. */
  get nextMs(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  push(ms: number, item: Item): void {
    let at = this.#items.length;
    this.#times.push(ms);
    this.#items.push(item);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if ((this.#times[parent] as number) <= ms) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** The earliest, if it is due at `nowMs`. */
  popDue(nowMs: number): Item | null {
    if (this.nextMs > nowMs) return null;
    const last = this.#items.length - 1;
    this.#swap(0, last);
    this.#times.pop();
    const item = this.#items.pop() as Item;
    this.#sink();
    return item;
  }

  #sink(): void {
    const times = this.#times;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < times.length && (times[child] as number) < (times[least] as number)) {
          least = child;
        }
      }
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #swap(a: number, b: number): void {
    const time = this.#times[a] as number;
    const item = this.#items[a] as Item;
    this.#times[a] = this.#times[b] as number;
    this.#items[a] = this.#items[b] as Item;
    this.#times[b] = time;
    this.#items[b] = item;
  }
}
