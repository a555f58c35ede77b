// The bytes of the frame that is being read. It grows as needed and never beyond its limit.

const BYTES_AT_FIRST = 256;

export class FrameBuffer {
  readonly #bytesMax: number;
  #bytes: Buffer;
  #length = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(BYTES_AT_FIRST, bytesMax));
  }

  get length(): number {
    return this.#length;
  }

  get isFull(): boolean {
    return this.#length === this.#bytesMax;
  }

  /** A view that is good until the next change. */
  get view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  at(index: number): number {
    return this.#bytes[index] as number;
  }

  /** False when it is full. */
  add(byte: number): boolean {
    if (this.#length === this.#bytes.length) {
      if (this.isFull) return false;
      const next = Buffer.allocUnsafeSlow(Math.min(this.#bytesMax, this.#bytes.length * 2));
      this.#bytes.copy(next);
      this.#bytes = next;
    }
    this.#bytes[this.#length] = byte;
    this.#length += 1;
    return true;
  }

  /** Drops the first bytes; the rest moves to the front. */
  drop(count: number): void {
    this.#bytes.copyWithin(0, count, this.#length);
    this.#length -= count;
  }

  clear(): void {
    this.#length = 0;
  }
}
