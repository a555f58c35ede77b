// What a stream keeps and how it commits, without what it takes; and what holds for one that the
// config says nothing of.

import type { StreamConfig } from '../core/stream-config.ts';

export type StreamSettings = Pick<StreamConfig, 'retention' | 'commitIntervalMs' | 'onFull'>;

export const noLimits: StreamSettings = {
  retention: { ageMs: 0, bytes: 0, hardBytes: 0, protect: [] },
  onFull: 'drop-oldest',
  commitIntervalMs: null,
};
