// What cuts a port's bytes into frames. Each framing is a byte-by-byte state machine over one bounded
// buffer, so that its frames depend on the bytes alone and never on how the system cut them up.

import type { FrameFault } from '../../../core/raw-message.ts';

/** Why bytes were set aside without being a frame, or a part of one. */
export type DiscardReason =
  /** They stand between frames. */
  | 'noise'
  /** Of a frame whose beginning or end is missing. */
  | 'cut'
  /** Of a frame beyond the limit, behind the part that was handed over. */
  | 'too_long';

export interface FrameSink {
  /** `bytes` are borrowed for the call. With a fault they are kept, and never become a reading. */
  frame(bytes: Uint8Array, fault: FrameFault | null): void;
  discarded(bytes: number, reason: DiscardReason): void;
}

export interface Framing {
  push(bytes: Uint8Array): void;
  /** The line has been silent for the idle time. */
  silence(): void;
  /**
   * The port was opened or closed: what is unfinished is set aside as cut. After `isMidStream` the
   * first bytes may be the rest of a frame, and nothing is a frame before the first boundary.
   */
  restart(isMidStream: boolean): void;
}
