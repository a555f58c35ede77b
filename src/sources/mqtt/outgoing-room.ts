// How much may wait in memory for subscribers that read slowly: a bound for all of them together,
// shared out among those that lag, so that more slow subscribers do not mean more memory.

const totalBytesMax = 64 * 1024 * 1024;
const shareBytesMax = 1024 * 1024;
/** Below it a connection does not count as lagging; also the least that each may use. */
export const shareBytesMin = 64 * 1024;

export class OutgoingRoom {
  #laggingCount = 0;

  /** The bytes that each lagging connection may leave unsent. */
  get shareBytes(): number {
    const share = totalBytesMax / Math.max(1, this.#laggingCount);
    return Math.min(shareBytesMax, Math.max(shareBytesMin, share));
  }

  enter(): void {
    this.#laggingCount++;
  }

  leave(): void {
    this.#laggingCount--;
  }
}
