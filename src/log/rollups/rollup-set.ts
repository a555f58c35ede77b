// The rollups of one stream, as files and in memory: those that are of its segments as they are.

import { join } from 'node:path';
import { checksumOf } from '../segments/segment-reader.ts';
import type { StreamState } from '../stream-state.ts';
import { parseRollupName, type Rollup, rollupFolder, rollupPath } from './rollup.ts';
import { bytesOf, namesIn, remove } from './rollup-folder.ts';
import { inOrder, isOf, segmentsWithin } from './rollup-plan.ts';

export class RollupSet {
  readonly #directory: string;
  readonly #stream: StreamState;
  /** Each with how many segments it is of. */
  readonly #rollups = new Map<Rollup, number>();
  readonly #dropped: Rollup[] = [];
  readonly #checked = new WeakSet<Rollup>();
  #ordered: readonly Rollup[] | null = null;
  #layoutVersion = -1;
  #changes = 0;

  /** Takes what lies in the folder; what is of no use any more is deleted. */
  constructor(directory: string, stream: StreamState) {
    this.#directory = directory;
    this.#stream = stream;
    const folder = rollupFolder(directory, stream.name);
    for (const name of namesIn(folder)) {
      const path = join(folder, name);
      const rollup = parseRollupName(name, bytesOf(path));
      if (rollup === null) remove(path);
      else this.add(rollup);
    }
    this.unlinkDropped();
  }

  /** In offset order, the larger first among those that begin together. */
  get all(): readonly Rollup[] {
    this.#dropStale();
    this.#ordered ??= inOrder(this.#rollups.keys());
    return this.#ordered;
  }

  /** Another one whenever there may be something to do. */
  get version(): string {
    return `${this.#stream.layoutVersion} ${this.#changes}`;
  }

  /** There are files of rollups that no longer count. */
  get hasDropped(): boolean {
    this.#dropStale();
    return this.#dropped.length > 0;
  }

  /** One whose segments went while it was made is dropped at once. */
  add(rollup: Rollup): void {
    const { segments } = this.#stream;
    this.#stream.rollupBytes += rollup.bytes;
    this.#rollups.set(rollup, segmentsWithin(segments.all, rollup).length);
    this.#ordered = null;
    this.#changes += 1;
    if (!isOf(segments.all, rollup)) this.drop(rollup);
  }

  /** It no longer counts; its file goes with `unlinkDropped`. */
  drop(rollup: Rollup): void {
    if (!this.#rollups.delete(rollup)) return;
    this.#dropped.push(rollup);
    this.#ordered = null;
    this.#changes += 1;
  }

  /** Only while nobody reads them. */
  unlinkDropped(): void {
    for (const rollup of this.#dropped.splice(0)) {
      this.#stream.rollupBytes -= rollup.bytes;
      remove(rollupPath(this.#directory, this.#stream.name, rollup));
    }
  }

  #dropStale(): void {
    const { segments, layoutVersion } = this.#stream;
    if (layoutVersion === this.#layoutVersion) return;
    this.#layoutVersion = layoutVersion;
    for (const [rollup, count] of this.#rollups) {
      if (segmentsWithin(segments.all, rollup).length !== count) this.drop(rollup);
    }
  }

  /**
   * Whether the file is as it was written: else the rollup is dropped. It is read whole the first
   * time, or when `isAgain`.
   */
  async keepsIfSound(rollup: Rollup, isAgain = false): Promise<boolean> {
    if (this.#checked.has(rollup) && !isAgain) return true;
    const path = rollupPath(this.#directory, this.#stream.name, rollup);
    const found = await checksumOf(path).catch(() => null);
    if (found?.bytes !== rollup.bytes || found.checksum !== rollup.crc32) {
      this.drop(rollup);
      return false;
    }
    this.#checked.add(rollup);
    return true;
  }
}
