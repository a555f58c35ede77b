// Opening the log on a disk that may be full, read-only or away for a while: tried again until it
// opens. A mistake that lasts, such as a folder without permission, is thrown at once.

import { canPass, type DiskState } from '../core/disk-state.ts';
import { asMillpondError, type MillpondError } from '../core/errors.ts';
import { diskFaultOf } from './disk-space.ts';

export interface OpenLogOptions<Log> {
  /** One attempt. What it leaves behind when it fails does not hinder the next. */
  readonly open: () => Promise<Log>;
  /** Called after an attempt that failed on a full disk; true if there is more room now. */
  readonly makeRoom: () => boolean;
  /** Called after every attempt that failed and is followed by another. */
  readonly waiting: (error: MillpondError, disk: DiskState) => void;
  /** Ends the attempts; one under way is waited for. */
  readonly signal: AbortSignal;
  readonly retryMs: { readonly first: number; readonly max: number };
}

/** Null when the signal came before it was open. Throws what `open` throws, but for what passes. */
export async function openLog<Log>(options: OpenLogOptions<Log>): Promise<Log | null> {
  const { open, signal, retryMs } = options;
  let delayMs = retryMs.first;
  for (;;) {
    try {
      return await open();
    } catch (thrown) {
      const disk = diskFaultOf(thrown);
      if (!canPass(disk)) throw thrown;
      if (signal.aborted) return null;
      if (disk === 'full' && options.makeRoom()) continue;
      options.waiting(asMillpondError(thrown), disk);
    }
    await sleep(delayMs, signal);
    if (signal.aborted) return null;
    delayMs = Math.min(delayMs * 2, retryMs.max);
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
