// The sealed files as files: removing them, also while a backup still copies from them.

import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder } from '../data-directory.ts';
import { type Segment, segmentPath } from './segment.ts';

export class SegmentFiles {
  readonly #directory: string;
  #pins = 0;
  /** To be removed when the last pin is gone. */
  readonly #removed = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  path(stream: string, segment: Pick<Segment, 'first'>): string {
    return segmentPath(this.#directory, stream, segment.first);
  }

  /** Removes the file of a segment that is no longer registered; later, if files are pinned now. */
  remove(stream: string, segment: Segment): void {
    const path = this.path(stream, segment);
    if (this.#pins > 0) this.#removed.add(path);
    else unlink(path);
  }

  /**
   * Removes at once what only waits for pins. False if there is nothing: for a disk that is full, where
   * readers that fail cost less than dropping more and more history that frees nothing.
   */
  removeHeld(): boolean {
    if (this.#removed.size === 0) return false;
    for (const path of this.#removed) unlink(path);
    this.#removed.clear();
    return true;
  }

  /** Keeps every file that is there now until the pin is released, once. */
  pin(): () => void {
    let isHeld = true;
    this.#pins += 1;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#pins -= 1;
      if (this.#pins > 0) return;
      for (const path of this.#removed) unlink(path);
      this.#removed.clear();
    };
  }
}

// What cannot be removed stays behind, and the next start finds it below the low watermark.
function unlink(path: string): void {
  try {
    rmSync(path, { force: true });
    syncFolder(dirname(path));
  } catch {
    // The disk takes nothing any more, not even that.
  }
}
