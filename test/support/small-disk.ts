// A disk of a few MiB, in memory, that a test can fill, free and mount read-only. Mounting needs
// root; where it is not allowed the tests that need one are skipped.

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

export interface SmallDisk {
  readonly path: string;
  /** Takes all the room that is left. */
  fill(): void;
  /** Gives back what `fill` took. */
  free(): void;
  /** Fails while a file on it is open for writing. */
  remount(mode: 'ro' | 'rw'): void;
  unmount(): void;
}

export function mountSmallDisk(mebibytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'millpond-disk-'));
  try {
    mount(['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path]);
  } catch (error) {
    rmdirSync(path);
    throw error;
  }
  const ballast = join(path, 'ballast');
  return {
    path,
    fill: () => fillFile(ballast),
    free: () => rmSync(ballast),
    remount: (mode) => mount(['-o', `remount,${mode}`, path]),
    unmount() {
      const { status, stderr } = spawnSync('umount', [path], { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
      rmdirSync(path);
    },
  };
}

export interface FailingDisk extends SmallDisk {
  /** The kernel finds an error in its file system and makes it read-only, files in use included. */
  fail(): void;
  /** Unmounts it, checks it and mounts it again. */
  repair(): void;
}

/** An ext4 in a file. */
export function mountFailingDisk(mebibytes: number): FailingDisk {
  const folder = mkdtempSync(join(tmpdir(), 'millpond-disk-'));
  const image = join(folder, 'image');
  const path = join(folder, 'mounted');
  mkdirSync(path);
  writeFileSync(image, '');
  truncateSync(image, mebibytes * 1024 * 1024);
  const mountImage = (): void => mount(['-o', 'loop,errors=remount-ro', image, path]);
  try {
    run('mkfs.ext4', ['-q', '-F', image]);
    mountImage();
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  const ballast = join(path, 'ballast');
  return {
    path,
    fill: () => fillFile(ballast),
    free: () => rmSync(ballast),
    remount: (mode) => mount(['-o', `remount,${mode}`, path]),
    fail() {
      const device = basename(run('findmnt', ['-no', 'SOURCE', path]).trim());
      writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, '1');
    },
    repair() {
      run('umount', [path]);
      // Ends with 1 where it corrected something.
      spawnSync('e2fsck', ['-f', '-y', image]);
      mountImage();
    },
    unmount() {
      run('umount', [path]);
      rmSync(folder, { recursive: true });
    },
  };
}

export const canMountFailing = ((): boolean => {
  try {
    mountFailingDisk(16).unmount();
    return true;
  } catch {
    return false;
  }
})();

export const canMount = ((): boolean => {
  try {
    mountSmallDisk(1).unmount();
    return true;
  } catch {
    return false;
  }
})();

function mount(args: string[]): void {
  run('mount', args);
}

/** What the command prints. Throws when it fails. */
function run(command: string, args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(error?.message ?? stderr);
  return stdout;
}

function fillFile(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (const bytes of [1024 * 1024, 4096, 1]) {
      while (hasWritten(file, Buffer.alloc(bytes)));
    }
  } finally {
    closeSync(file);
  }
}

function hasWritten(file: number, bytes: Buffer): boolean {
  try {
    return writeSync(file, bytes) === bytes.length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
