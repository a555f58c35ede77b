// One stream while the log is open: its watermarks and the ring of its newest rows.

import type { TailRing } from './tail-ring.ts';

export class StreamState {
  readonly id: number;
  readonly name: string;
  readonly ring: TailRing;
  /** The oldest offset kept. */
  lowWatermark: number;
  /** One past the newest durable offset: the next to be given out to readers. */
  highWatermark: number;
  /** One past the newest offset given to a reading, durable or not yet. */
  nextOffset: number;

  constructor(
    identity: { id: number; name: string },
    kept: { first: number; next: number },
    ring: TailRing,
  ) {
    this.id = identity.id;
    this.name = identity.name;
    this.ring = ring;
    this.lowWatermark = kept.first;
    this.highWatermark = kept.next;
    this.nextOffset = kept.next;
  }
}
