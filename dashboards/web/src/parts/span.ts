// A span of time as the charts have it.

export interface Span {
  /** Milliseconds since the Unix epoch. */
  readonly fromMs: number;
  readonly toMs: number;
}
