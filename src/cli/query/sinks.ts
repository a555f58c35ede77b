// Text to standard output, or to a file that has its name only once it is whole.

import { once } from 'node:events';
import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { MillpondError } from '../../core/errors.ts';
import { print } from '../standard-output.ts';
import type { TextSink } from './output.ts';

export function standardOutput(signal: AbortSignal): TextSink {
  return {
    print: (text) => print(text, signal),
    end: async () => undefined,
    discard: async () => undefined,
  };
}

/** The name beside `path` under which it is written. */
export function partOf(path: string): string {
  return `${path}.part`;
}

/** Throws OUTPUT_UNUSABLE. */
export async function fileSink(path: string, signal: AbortSignal): Promise<TextSink> {
  const part = partOf(path);
  const stream = createWriteStream(part);
  // What fails after it was opened is thrown by what waits for it.
  let failure: Error | null = null;
  stream.on('error', (error) => {
    failure = error;
  });
  const check = (): void => {
    if (failure !== null) throw unusable(path, failure);
  };
  try {
    await once(stream, 'open');
  } catch (error) {
    throw unusable(path, error);
  }
  return {
    async print(text) {
      check();
      await print(text, signal, stream).catch(() => undefined);
      check();
    },
    async end() {
      stream.end();
      if (!stream.closed) await once(stream, 'close').catch(() => undefined);
      check();
      place(path);
    },
    async discard() {
      stream.destroy();
      rmSync(part, { force: true });
    },
  };
}

/** Gives the file its name. Throws OUTPUT_UNUSABLE. */
export function place(path: string): void {
  try {
    renameSync(partOf(path), path);
  } catch (error) {
    throw unusable(path, error);
  }
}

export function unusable(path: string, cause: unknown): MillpondError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new MillpondError('OUTPUT_UNUSABLE', `${path} cannot be written: ${why}`, { cause });
}
