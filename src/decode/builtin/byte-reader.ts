// Bytes read one after the other, for the small binary formats of sensors. It never reads beyond the end:
// a format asks `has` first, and what is short is a malformed payload.

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  has(count: number): boolean {
    return this.left >= count;
  }

  u8(): number {
    const value = this.#view.getUint8(this.at);
    this.at += 1;
    return value;
  }

  /** Little endian, 1 to 4 bytes. */
  unsigned(count: number): number {
    let value = 0;
    for (let index = count - 1; index >= 0; index -= 1) {
      value = value * 256 + this.#view.getUint8(this.at + index);
    }
    this.at += count;
    return value;
  }

  /** Little endian two's complement, 1 to 4 bytes. */
  signed(count: number): number {
    const value = this.unsigned(count);
    const half = 2 ** (count * 8 - 1);
    return value < half ? value : value - half * 2;
  }

  /** Big endian, 1 to 4 bytes. */
  unsignedBe(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index += 1) {
      value = value * 256 + this.#view.getUint8(this.at + index);
    }
    this.at += count;
    return value;
  }

  /** Big endian two's complement, 1 to 4 bytes. */
  signedBe(count: number): number {
    const value = this.unsignedBe(count);
    const half = 2 ** (count * 8 - 1);
    return value < half ? value : value - half * 2;
  }

  /** A view on the next bytes, not a copy. */
  bytes(count: number): Uint8Array {
    const part = this.#bytes.subarray(this.at, this.at + count);
    this.at += count;
    return part;
  }

  skip(count: number): void {
    this.at += count;
  }
}
