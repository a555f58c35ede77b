// What is asked of a stream: what it takes, how long it keeps it, what it does when it is full.

/** What an empty name means; it takes every reading that no stream of its own claims. */
export const DEFAULT_STREAM = 'readings';

/** Which readings a stream takes: all the kinds given must match, and of one kind any. */
export interface StreamMatch {
  /** MQTT topic filters, with `+` and `#`; empty for any topic. */
  readonly topics: readonly string[];
  /** Globs; empty for any device. */
  readonly devices: readonly string[];
  /** Globs; empty for any metric. */
  readonly metrics: readonly string[];
}

export interface StreamRetention {
  /** How long a reading is kept at most; 0 for no limit. */
  readonly ageMs: number;
  /** What the stream takes on disk at most, while no protected consumer needs more; 0 for no limit. */
  readonly bytes: number;
  /** What the stream takes on disk at most in any case; 0 for no limit but the directory's. */
  readonly hardBytes: number;
  /** Consumers for whom `ageMs` and `bytes` wait until they have committed. */
  readonly protect: readonly string[];
}

export interface StreamConfig {
  readonly name: string;
  readonly match: StreamMatch;
  readonly retention: StreamRetention;
  /** The shortest time from one commit to the next; null for the log's own. */
  readonly commitIntervalMs: number | null;
  /** At the hard limit: the oldest readings go, or nothing more is taken. */
  readonly onFull: 'drop-oldest' | 'refuse';
}
