// The file `watermarks`: where each stream ended with the last commit, overwritten in place and left
// to the kernel to write. After a crash of the process it is exact; after a crash of the machine, told
// by the boot it names, it is only a hint.
//
// A slot of 64 bytes, number 0 for the dead letters, 1 + n for stream n; no slot crosses a page:
// "MPW1" | stream or -1 (int32) | boot (16 bytes) | first (uint64) | next (uint64) | zeros | crc32 of
// the 60 bytes before it; little-endian. All zeros: never written.

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

const SLOT_BYTES = 64;
const CRC_AT = 60;
const MAGIC = 0x3157504d;
const BOOT_BYTES = 16;
const BOOT_AT = 8;
const FIRST_AT = 24;
const NEXT_AT = 32;
/** Streams have small numbers; a file that is longer than theirs is damaged. */
const SLOTS_MAX = 65_536;
/** The stream that stands for the dead letters. */
const DEAD_LETTERS = -1;
const OPEN_FLAGS = constants.O_RDWR | constants.O_CREAT;

export interface FoundWatermarks {
  readonly isMissing: boolean;
  /** Every slot that was written is whole, and of this boot of the machine: then each is exact. */
  readonly isThisBoot: boolean;
  /** The next offset by stream number, of the slots that are whole. */
  readonly nextByStream: ReadonlyMap<number, number>;
  /** The numbers of dead letters, [first, next). */
  readonly deadLetters: { readonly first: number; readonly next: number } | null;
  /** Streams whose slot is damaged; -1 for the dead letters'. Zeroed slots are not told apart. */
  readonly damaged: readonly number[];
}

export class Watermarks {
  /** What was found at `open`. */
  readonly found: FoundWatermarks;
  readonly #path: string;
  readonly #boot: Buffer;
  #slots = Buffer.alloc(SLOT_BYTES);
  /** Slots up to the last one that was set. */
  #count = 0;
  #file: number | null = null;
  /** Slots [from, to) that the file may not have. */
  #changed = { from: 0, to: 0 };
  #problem: Error | null = null;

  private constructor(path: string, boot: Buffer, found: FoundWatermarks) {
    this.#path = path;
    this.#boot = boot;
    this.found = found;
  }

  /**
   * Reads the file; one that cannot be read counts as missing. Whoever opens it sets every stream
   * and the dead letters anew before the first `flush`: what was found is not written again.
   */
  static open(directory: string, boot: Buffer = currentBoot()): Watermarks {
    const path = join(directory, 'watermarks');
    let bytes = Buffer.alloc(0);
    try {
      bytes = readFileSync(path).subarray(0, SLOTS_MAX * SLOT_BYTES);
    } catch {
      // It only helps; the ledger's reserve is there without it.
    }
    return new Watermarks(path, boot, readSlots(bytes, boot));
  }

  /** Why the last `flush` or `sync` did not reach the file; null when it did. */
  get problem(): Error | null {
    return this.#problem;
  }

  setStream(stream: number, next: number): void {
    this.#set(stream, 0, next);
  }

  /** `next` is the number of the letter to come; `next - first` are kept. */
  setDeadLetters(first: number, next: number): void {
    this.#set(DEAD_LETTERS, first, next);
  }

  /** Writes what was set since the last one that succeeded, without waiting for the disk. */
  flush(): void {
    const { from, to } = this.#changed;
    if (from === to) return;
    try {
      if (this.#file === null) this.#writeFirst();
      else this.#write(this.#file, from, to);
      this.#changed = { from: 0, to: 0 };
      this.#problem = null;
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Makes it durable, for a clean end. Returns whether it is. */
  sync(): boolean {
    this.flush();
    if (this.#problem !== null || this.#file === null) return false;
    try {
      fsyncSync(this.#file);
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  close(): void {
    const file = this.#file;
    this.#file = null;
    if (file === null) return;
    try {
      closeSync(file);
    } catch {
      // What it did not take is not promised.
    }
  }

  // Everything, and nothing behind it: what an earlier run left must not be taken for this one's.
  #writeFirst(): void {
    this.#file = openSync(this.#path, OPEN_FLAGS, 0o640);
    this.#write(this.#file, 0, this.#count);
    const bytes = this.#count * SLOT_BYTES;
    if (fstatSync(this.#file).size > bytes) ftruncateSync(this.#file, bytes);
  }

  #write(file: number, from: number, to: number): void {
    const start = from * SLOT_BYTES;
    const bytes = (to - from) * SLOT_BYTES;
    const written = writeSync(file, this.#slots, start, bytes, start);
    if (written !== bytes) throw new Error(`${this.#path}: ${written} of ${bytes} bytes written`);
  }

  #set(stream: number, first: number, next: number): void {
    const slot = stream + 1;
    const start = slot * SLOT_BYTES;
    if (start + SLOT_BYTES > this.#slots.length) this.#grow(start + SLOT_BYTES);
    this.#count = Math.max(this.#count, slot + 1);
    const bytes = this.#slots.subarray(start, start + SLOT_BYTES);
    bytes.writeUInt32LE(MAGIC, 0);
    bytes.writeInt32LE(stream, 4);
    bytes.set(this.#boot, BOOT_AT);
    bytes.writeBigUInt64LE(BigInt(first), FIRST_AT);
    bytes.writeBigUInt64LE(BigInt(next), NEXT_AT);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, CRC_AT)), CRC_AT);
    const { from, to } = this.#changed;
    this.#changed =
      from === to
        ? { from: slot, to: slot + 1 }
        : { from: Math.min(from, slot), to: Math.max(to, slot + 1) };
  }

  #grow(bytesMin: number): void {
    const slots = Buffer.alloc(Math.max(bytesMin, 2 * this.#slots.length));
    this.#slots.copy(slots);
    this.#slots = slots;
  }

  #failed(error: unknown): void {
    this.#problem = error instanceof Error ? error : new Error(String(error));
    // A file of a disk that came back is another file.
    this.close();
  }
}

function readSlots(bytes: Buffer, boot: Buffer): FoundWatermarks {
  const nextByStream = new Map<number, number>();
  const damaged: number[] = [];
  let deadLetters: FoundWatermarks['deadLetters'] = null;
  let isThisBoot = true;
  for (let start = 0; start < bytes.length; start += SLOT_BYTES) {
    const slot = bytes.subarray(start, start + SLOT_BYTES);
    const stream = start / SLOT_BYTES - 1;
    if (slot.every((byte) => byte === 0)) continue;
    if (!isWhole(slot, stream)) {
      damaged.push(stream);
      continue;
    }
    isThisBoot &&= slot.subarray(BOOT_AT, BOOT_AT + BOOT_BYTES).equals(boot);
    const first = Number(slot.readBigUInt64LE(FIRST_AT));
    const next = Number(slot.readBigUInt64LE(NEXT_AT));
    if (stream === DEAD_LETTERS) deadLetters = { first, next };
    else nextByStream.set(stream, next);
  }
  const isEmpty = nextByStream.size === 0 && deadLetters === null;
  return {
    isMissing: bytes.length === 0,
    isThisBoot: isThisBoot && !isEmpty && damaged.length === 0,
    nextByStream,
    deadLetters,
    damaged,
  };
}

function isWhole(slot: Buffer, stream: number): boolean {
  return (
    slot.length === SLOT_BYTES &&
    slot.readUInt32LE(0) === MAGIC &&
    slot.readInt32LE(4) === stream &&
    slot.readUInt32LE(CRC_AT) === crc32(slot.subarray(0, CRC_AT))
  );
}

/** Where the machine does not say which boot it is, no file is ever of this one. */
function currentBoot(): Buffer {
  try {
    const text = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    return Buffer.from(text.trim().replaceAll('-', ''), 'hex');
  } catch {
    return randomBytes(BOOT_BYTES);
  }
}
