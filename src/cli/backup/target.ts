// The folder that a backup goes to. It is filled under another name beside it and renamed at the end,
// when everything is checked and on the disk: a folder with the right name is a whole backup.

import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { MillpondError } from '../../core/errors.ts';

export class BackupTarget {
  readonly #folder: string;
  readonly #partial: string;
  /** Below the partial folder, each to be made durable at the end. */
  readonly #folders = new Set<string>(['']);

  private constructor(folder: string) {
    this.#folder = folder;
    this.#partial = join(dirname(folder), `.${basename(folder)}.millpond-partial`);
  }

  /** What an earlier backup to this place left behind is removed. Throws BACKUP_TARGET_UNUSABLE. */
  static async create(path: string): Promise<BackupTarget> {
    const folder = resolve(path);
    const target = new BackupTarget(folder);
    await explained(folder, async () => {
      await mkdir(dirname(folder), { recursive: true });
      await checkFree(folder);
      await rm(target.#partial, { recursive: true, force: true });
      await mkdir(target.#partial, { mode: 0o750 });
    });
    return target;
  }

  /** Makes a file of these chunks; on the disk when it resolves. `path` is checked by the caller. */
  async write(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const parts = path.split('/').slice(0, -1);
    await explained(this.#folder, async () => {
      for (let depth = 1; depth <= parts.length; depth++) {
        const inner = parts.slice(0, depth).join('/');
        if (this.#folders.has(inner)) continue;
        await mkdir(join(this.#partial, inner), { mode: 0o750 });
        this.#folders.add(inner);
      }
      const file = await open(join(this.#partial, path), 'wx', 0o640);
      try {
        for await (const chunk of chunks) await file.writeFile(chunk);
        await file.sync();
      } finally {
        await file.close();
      }
    });
  }

  /** Gives it its name. */
  async finish(): Promise<void> {
    await explained(this.#folder, async () => {
      for (const inner of this.#folders) await syncFolder(join(this.#partial, inner));
      await rename(this.#partial, this.#folder);
      await syncFolder(dirname(this.#folder));
    });
  }

  /** Removes what is there of it. */
  async discard(): Promise<void> {
    await rm(this.#partial, { recursive: true, force: true });
  }
}

async function checkFree(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (found === null) return;
  if (!found.isDirectory()) throw new Error('it is a file');
  if ((await readdir(folder)).length > 0) throw new Error('it is not empty');
  const { dev } = await stat(dirname(folder));
  if (dev !== found.dev) throw new Error('it is a disk of its own: name a folder in it');
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function explained<T>(folder: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof MillpondError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MillpondError(
      'BACKUP_TARGET_UNUSABLE',
      `No backup can be made to ${folder}: ${why}`,
      {
        cause,
      },
    );
  }
}
