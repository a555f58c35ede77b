// What this process causes to be written to disks, in all and per day, and how much room they have:
// the kernel's own counts.

import { readFileSync, statfsSync } from 'node:fs';
import type { Clock } from '../core/clock.ts';
import { WeightedRate } from './weighted-rate.ts';

/**
 * Bytes that the process caused to be sent to the storage layer since it began (proc(5),
 * `write_bytes`): counted when a page becomes dirty, so a page that is written over before it goes
 * out counts once. Nothing on a file system in memory. Null where the system does not tell.
 */
export function readWrittenBytes(path = '/proc/self/io'): number | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  const found = /^write_bytes: (\d+)$/m.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}

export interface DiskSpace {
  /** What this user may still take. */
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

/** Of the disk that holds the folder; zeros where it cannot be asked. */
export function readDiskSpace(folder: string): DiskSpace {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
  } catch {
    return { freeBytes: 0, sizeBytes: 0 };
  }
}

const SAMPLE_INTERVAL_MS = 5000;
const RATE_MEAN_US = 600_000_000;
const SECONDS_PER_DAY = 86_400;
/** What a start writes, spread over a day, would frighten whoever looks at it. */
const SETTLE_US = 60_000_000;

/** Follows what is written, from a minute after it is made. */
export class WrittenBytes {
  readonly #clock: Clock;
  readonly #rate: WeightedRate;
  readonly #read: () => number | null;
  readonly #startUs: number;

  /** `clock` never jumps. */
  constructor(clock: Clock, read: () => number | null = readWrittenBytes) {
    this.#clock = clock;
    this.#startUs = clock();
    this.#rate = new WeightedRate({ clock, meanUs: RATE_MEAN_US });
    this.#read = read;
    setInterval(() => this.#sample(), SAMPLE_INTERVAL_MS).unref();
  }

  /** Null where the system does not tell. */
  get total(): number | null {
    return this.#read();
  }

  /** At the rate of the last minutes; null while it is not known. */
  get perDay(): number | null {
    this.#sample();
    const { perSecond } = this.#rate;
    return perSecond === null ? null : perSecond * SECONDS_PER_DAY;
  }

  #sample(): void {
    if (this.#clock() - this.#startUs < SETTLE_US) return;
    const total = this.#read();
    if (total !== null) this.#rate.observe(total);
  }
}
