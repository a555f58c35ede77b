// One gateway per data directory. The lock file names the process that holds it, with the boot and
// the start time, so that a number reused after a crash or a power cut is not taken for a holder.
// DuckDB's own lock on hot.duckdb stands behind it for holders in another container.

import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { MillpondError } from '../core/errors.ts';

interface Holder {
  readonly pid: number;
  readonly boot: string;
  readonly started: string;
}

export class DirectoryLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Takes the lock, clearing one whose holder is gone. Throws DATA_DIR_IN_USE. */
  static take(directory: string): DirectoryLock {
    const path = join(directory, 'lock');
    const own = describe(process.pid) ?? { pid: process.pid, boot: '', started: '' };
    const draft = `${path}.${process.pid}`;
    try {
      writeDurably(draft, JSON.stringify(own));
      for (let attempt = 0; attempt < 2; attempt++) {
        try {
          linkSync(draft, path);
          return new DirectoryLock(path);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        }
        const holder = readHolder(path);
        if (holder !== null && isAlive(holder)) throw inUse(directory, holder.pid);
        clear(path);
      }
    } finally {
      rmSync(draft, { force: true });
    }
    throw inUse(directory, readHolder(path)?.pid ?? 0);
  }

  /** Where the file cannot be removed it stays behind, and is known for stale by the next start. */
  release(): void {
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // The disk takes nothing any more, not even that.
    }
  }
}

function inUse(directory: string, pid: number): MillpondError {
  return new MillpondError(
    'DATA_DIR_IN_USE',
    `The data directory ${directory} is in use by the gateway with process id ${pid}.`,
  );
}

// Another gateway may have cleared the stale lock and taken its own since it was read: what is moved
// away is read again, and goes back to a living holder.
function clear(path: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    const holder = readHolder(aside);
    if (holder !== null && isAlive(holder)) linkSync(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'w', 0o640);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function readHolder(path: string): Holder | null {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>;
    if (!Number.isSafeInteger(holder.pid)) return null;
    return { pid: holder.pid as number, boot: holder.boot ?? '', started: holder.started ?? '' };
  } catch {
    // Torn by a power cut or removed meanwhile: nobody holds it.
    return null;
  }
}

function isAlive(holder: Holder): boolean {
  const found = describe(holder.pid);
  return found !== null && found.boot === holder.boot && found.started === holder.started;
}

/** What tells a process from a later one with its number: the boot and its start in clock ticks (proc(5)). */
function describe(pid: number): Holder | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, field 2, may hold blanks; it ends with the last ')'. The state is field 3,
    // the start time field 22. A dead process that its parent has not yet waited for holds nothing.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0] ?? '';
    const started = fields[19] ?? '';
    if (state === 'Z' || state === 'X') return null;
    return { pid, boot, started };
  } catch {
    return null;
  }
}
