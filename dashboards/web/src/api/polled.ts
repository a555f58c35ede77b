// An answer of the gateway that is kept fresh: asked for again at an interval, not while the page is
// hidden, and at once when the page is seen again or the connection is back.
import { useEffect, useState } from 'preact/hooks';
import { connection } from './connection.ts';

export interface Polled<Answer> {
  /** The newest; also while the connection is lost. Null before the first. */
  readonly answer: Answer | null;
  /** Of the last request; null when it went well. */
  readonly problem: Error | null;
}

/** So many answers are kept, so that a page that was seen before is there at once. */
const keptMax = 24;
const kept = new Map<string, unknown>();

function keep(key: string, answer: unknown): void {
  kept.delete(key);
  kept.set(key, answer);
  const [oldest] = kept.keys();
  if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
}

const RETRY_MS = 2_000;

/**
 * Calls `read` now and every `intervalMs`; a new `key` is a new question. Null as a key asks nothing.
 */
export function usePolled<Answer>(
  key: string | null,
  read: (signal: AbortSignal) => Promise<Answer>,
  intervalMs: number,
): Polled<Answer> {
  const [state, setState] = useState<Polled<Answer> & { key: string | null }>(() => fresh(key));
  const current = state.key === key ? state : fresh<Answer>(key);

  useEffect(() => {
    if (key === null) return;
    const end = new AbortController();
    let timer = 0;
    let isUnderWay = false;
    let wasLost = false;

    const ask = async (): Promise<void> => {
      clearTimeout(timer);
      if (isUnderWay || document.hidden || end.signal.aborted) return;
      isUnderWay = true;
      let nextMs = intervalMs;
      try {
        const answer = await read(end.signal);
        keep(key, answer);
        setState({ key, answer, problem: null });
      } catch (error) {
        if (end.signal.aborted) return;
        nextMs = Math.min(intervalMs, RETRY_MS);
        setState((before) => ({
          key,
          answer: before.key === key ? before.answer : null,
          problem: error as Error,
        }));
      } finally {
        isUnderWay = false;
      }
      timer = window.setTimeout(ask, nextMs);
    };
    const onVisible = (): void => {
      if (!document.hidden) void ask();
    };
    const onConnection = (): void => {
      const isLost = connection.get().state !== 'connected';
      if (wasLost && !isLost) void ask();
      wasLost = isLost;
    };
    void ask();
    document.addEventListener('visibilitychange', onVisible);
    const unsubscribe = connection.subscribe(onConnection);
    return () => {
      end.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
      unsubscribe();
    };
  }, [key, intervalMs]);

  return current;
}

function fresh<Answer>(key: string | null): Polled<Answer> & { key: string | null } {
  const answer = key === null ? undefined : (kept.get(key) as Answer | undefined);
  return { key, answer: answer ?? null, problem: null };
}
