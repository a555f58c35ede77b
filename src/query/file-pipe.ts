// A named pipe that DuckDB takes for a file: what it writes is read here as it comes, and not before
// it is wanted, so that a document of any size needs neither memory nor disk.

import { execFile } from 'node:child_process';
import { constants, mkdirSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MillpondError } from '../core/errors.ts';

/** Below the data directory, which can be written to wherever the gateway runs. */
export function pipesFolder(directory: string): string {
  return join(directory, 'pipes.tmp');
}

export class FilePipe {
  readonly path: string;
  #socket: Socket | null = null;

  private constructor(path: string) {
    this.path = path;
  }

  /** Throws QUERY_FAILED. */
  static async make(directory: string): Promise<FilePipe> {
    const folder = pipesFolder(directory);
    const pipe = new FilePipe(join(folder, String(process.pid)));
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      rmSync(pipe.path, { force: true });
      await promisify(execFile)('mkfifo', ['-m', '600', pipe.path]);
      return pipe;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const text = `A named pipe cannot be made in the data directory: ${why}`;
      throw new MillpondError('QUERY_FAILED', text, { cause });
    }
  }

  /**
   * Reads while `write` writes to the path. Throws what either throws; the bytes end when `write` has
   * resolved and all of them were read.
   */
  async *read(write: () => Promise<unknown>): AsyncGenerator<Buffer, void> {
    // Opened first, and without waiting for who writes, who may fail before it opens the pipe.
    const file = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
    const socket = new Socket({ fd: file, readable: true, writable: false });
    this.#socket = socket;
    let failure: unknown = null;
    const written = write().catch((error: unknown) => {
      failure = error ?? new Error('nothing was written');
      socket.destroy();
    });
    try {
      for await (const chunk of socket) yield chunk as Buffer;
    } catch (error) {
      failure ??= error;
    } finally {
      // Whoever still writes meets a broken pipe.
      socket.destroy();
      await written;
    }
    if (failure !== null) throw failure;
  }

  /** Ends what is under way, and removes it. */
  close(): void {
    this.#socket?.destroy();
    rmSync(this.path, { force: true });
  }
}
