// A series of texts as the states that it went through.
import type { TextPoint } from './chart-columns.ts';

export interface State {
  readonly text: string;
  readonly sinceMs: number;
  /** Until the next state, or now. */
  readonly lastedMs: number;
}

/** The newest first; the same text again is the same state. */
export function statesOf(points: readonly TextPoint[], nowMs: number): State[] {
  const changes = points.filter(({ text }, index) => text !== points[index - 1]?.text);
  return changes
    .map(({ ms, text }, index) => {
      const untilMs = changes[index + 1]?.ms ?? Math.max(nowMs, ms);
      return { text, sinceMs: ms, lastedMs: untilMs - ms };
    })
    .reverse();
}
