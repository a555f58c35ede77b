// The files of rollups, of which none is worth an error: what cannot be listed is not there, what
// cannot be removed stays, and is found again at the next start.

import { readdirSync, rmSync, statSync } from 'node:fs';

export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** 0 for what cannot be looked at. */
export function bytesOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

/** Whatever it is. */
export function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // Of another user, or the disk takes nothing any more.
  }
}
