// One answer for all who ask the same thing: whoever asks often, or with many, costs no more than one.

/**
 * Calls `call` at most once in `spacingMs`, and never while it is under way. Those who ask before it
 * begins share its answer, or its error; nobody gets what was found before he asked.
 */
export function shareCalls<T>(call: () => Promise<T>, spacingMs: number): () => Promise<T> {
  let coming: Promise<T> | null = null;
  let last: Promise<unknown> = Promise.resolve();
  let nextMs = 0;
  async function begin(): Promise<T> {
    await last;
    const waitMs = nextMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    coming = null;
    nextMs = performance.now() + spacingMs;
    const answer = call();
    last = answer.catch(() => undefined);
    return answer;
  }
  return () => {
    coming ??= begin();
    return coming;
  };
}
