// The acks, nacks and extends of one member that it has not been answered yet, in the order of their
// ids: how many readings they are about bounds what its call may hold.

/** What an ask costs beside its readings, in readings. */
const ASK_READINGS = 1;

export class UnansweredAsks {
  readonly #asks: { readonly id: number; readonly readings: number }[] = [];
  #first = 0;
  #lastId = 0;
  #readings = 0;

  /** The id of the last ask, 0 before the first. */
  get lastId(): number {
    return this.#lastId;
  }

  get readings(): number {
    return this.#readings;
  }

  get isEmpty(): boolean {
    return this.#first === this.#asks.length;
  }

  /** `id` is above all before. */
  add(id: number, readings: number): void {
    const cost = readings + ASK_READINGS;
    this.#asks.push({ id, readings: cost });
    this.#lastId = id;
    this.#readings += cost;
  }

  answered(throughId: number): void {
    for (let ask = this.#asks[this.#first]; ask !== undefined && ask.id <= throughId; ) {
      this.#readings -= ask.readings;
      this.#first += 1;
      ask = this.#asks[this.#first];
    }
    // In steps, so that the list is not moved for every answer.
    if (this.#first * 2 < this.#asks.length) return;
    this.#asks.splice(0, this.#first);
    this.#first = 0;
  }
}
