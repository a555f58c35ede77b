// Why something had to go. A reason is never renamed: it is on record, and a metric's label.

export const lossReasons = [
  // Retention took what a consumer had not read yet.
  'retention_age',
  'retention_bytes',
  'disk_full',
  /** A stream that refuses was full, and the message could not be refused. */
  'stream_full',
  'dead_letters_full',
  'dead_letters_expired',
  'dead_letters_purged',
  'group_dead_letters_full',
  'group_dead_letters_purged',
  // What a start, or a reader, found damaged.
  'dead_letters_damaged',
  'hot_damaged',
  'wal_damaged',
  'segment_damaged',
  'segment_missing',
] as const;

export type LossReason = (typeof lossReasons)[number];
