// 64-bit integers in typed arrays without a BigInt an item: as two 32-bit words, low word first
// (every machine Node.js runs on is little-endian). Exact for integers within +-2^53.

const WORD = 4294967296;

/** The words of a BigInt64Array: item i is at [2i] (low) and [2i + 1] (high, signed by wrap). */
export function wordsOf(array: BigInt64Array): Uint32Array {
  return new Uint32Array(array.buffer, array.byteOffset, array.length * 2);
}

export function writeInt64(words: Uint32Array, index: number, value: number): void {
  words[2 * index] = value;
  words[2 * index + 1] = Math.floor(value / WORD);
}

export function readInt64(words: Uint32Array, index: number): number {
  return ((words[2 * index + 1] as number) | 0) * WORD + (words[2 * index] as number);
}
