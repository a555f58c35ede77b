// Which span of time a device's charts show: the last so long, moving with the clock, or a fixed one.
// Pure: the page and the address hold it.
import type { Span } from '../../parts/span.ts';

export type View =
  | { readonly kind: 'live'; readonly range: Range }
  | ({ readonly kind: 'fixed' } & Span);

export interface Range {
  readonly name: string;
  readonly title: string;
  /** Null is all there is. */
  readonly lengthMs: number | null;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const ranges: readonly Range[] = [
  { name: '5m', title: '5 min', lengthMs: 5 * MINUTE_MS },
  { name: '1h', title: '1 h', lengthMs: HOUR_MS },
  { name: '6h', title: '6 h', lengthMs: 6 * HOUR_MS },
  { name: '1d', title: '1 d', lengthMs: DAY_MS },
  { name: '7d', title: '7 d', lengthMs: 7 * DAY_MS },
  { name: '30d', title: '30 d', lengthMs: 30 * DAY_MS },
  { name: '1y', title: '1 y', lengthMs: 365 * DAY_MS },
  { name: 'all', title: 'All', lengthMs: null },
];

const shortRange = ranges[0]!;
const usualRange = ranges[1]!;

const NEW_MS = 15 * MINUTE_MS;

/** Shorter, a chart would show single readings. */
const shortestMs = 2_000;

/** `knownMs` is for how long the device is known: one that is new begins with a short range. */
export function viewOf(query: URLSearchParams, knownMs = Number.POSITIVE_INFINITY): View {
  const fromMs = Number(query.get('from'));
  const toMs = Number(query.get('to'));
  if (fromMs > 0 && toMs > fromMs) return { kind: 'fixed', fromMs, toMs };
  const range = ranges.find(({ name }) => name === query.get('range'));
  return { kind: 'live', range: range ?? (knownMs < NEW_MS ? shortRange : usualRange) };
}

export function viewQuery(view: View): Record<string, string> {
  if (view.kind === 'live') return { range: view.range.name };
  return { from: String(Math.round(view.fromMs)), to: String(Math.round(view.toMs)) };
}

/** By parts of its length; never beyond now. */
export function moved({ fromMs, toMs }: Span, part: number, nowMs: number): Span {
  const step = Math.min((toMs - fromMs) * part, nowMs - toMs);
  return { fromMs: fromMs + step, toMs: toMs + step };
}

/** `factor` below 1 shows less and finer, above 1 more. */
export function zoomed({ fromMs, toMs }: Span, factor: number, nowMs: number): Span {
  const middle = (fromMs + toMs) / 2;
  const half = Math.max(shortestMs, (toMs - fromMs) * factor) / 2;
  const end = Math.min(middle + half, nowMs);
  return { fromMs: end - 2 * half, toMs: end };
}
