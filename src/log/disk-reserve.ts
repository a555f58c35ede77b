// The file `reserve`: room on the disk that is held for the moment in which there is none, so that
// retention and a clean stop still work. Given up when the disk is full, taken again when it is not.

import { randomFillSync } from 'node:crypto';
import { rmSync, statSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './data-directory.ts';
import { freeBytes } from './disk-space.ts';

const WRITE_BYTES = 1024 * 1024;
/** stat(2) counts blocks of so many bytes, whatever the file system's own are. */
const STAT_BLOCK_BYTES = 512;

export class DiskReserve {
  readonly #directory: string;
  readonly #path: string;
  readonly #bytes: number;
  #making: Promise<boolean> | null = null;

  /** `bytes` 0 holds nothing. */
  constructor(directory: string, bytes: number) {
    this.#directory = directory;
    this.#path = join(directory, 'reserve');
    this.#bytes = bytes;
  }

  /** Bytes of the disk that are held, as the disk tells. */
  get heldBytes(): number {
    try {
      const found = statSync(this.#path, { throwIfNoEntry: false });
      return found === undefined ? 0 : Math.min(found.size, found.blocks * STAT_BLOCK_BYTES);
    } catch {
      return 0;
    }
  }

  get isHeld(): boolean {
    return this.heldBytes >= this.#bytes;
  }

  /**
   * Takes the room if `freeMin` bytes stay free beside it. Resolves with whether it is held; what
   * could not be taken whole is given back. Never rejects. Calls that come together share one.
   */
  make(freeMin: number): Promise<boolean> {
    this.#making ??= this.#make(freeMin).finally(() => {
      this.#making = null;
    });
    return this.#making;
  }

  /** Gives the room up, at once. Returns the bytes that were held; 0 where the disk refuses. */
  release(): number {
    const held = this.heldBytes;
    try {
      // A file that somebody has open would keep its room though its name is gone.
      if (held > 0) truncateSync(this.#path, 0);
      rmSync(this.#path, { force: true });
      return held;
    } catch {
      return 0;
    }
  }

  async #make(freeMin: number): Promise<boolean> {
    if (this.isHeld) return true;
    try {
      const free = await freeBytes(this.#directory);
      if (free + this.heldBytes < this.#bytes + freeMin) return false;
      await this.#write();
      syncFolder(this.#directory);
      // It may have been given up meanwhile.
      return this.isHeld;
    } catch {
      this.release();
      return false;
    }
  }

  // Noise: some file systems keep zeros, and what repeats, without taking room for it.
  async #write(): Promise<void> {
    const file = await open(this.#path, 'w', 0o640);
    try {
      const noise = Buffer.allocUnsafe(WRITE_BYTES);
      for (let at = 0; at < this.#bytes; ) {
        randomFillSync(noise);
        const { bytesWritten } = await file.write(
          noise,
          0,
          Math.min(WRITE_BYTES, this.#bytes - at),
        );
        at += bytesWritten;
      }
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}
