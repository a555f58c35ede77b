// What the serial source tells whoever watches it: metrics and logs hang here, nothing else does.

import type { FrameFault } from '../../core/raw-message.ts';
import type { DiscardReason } from './framing/contract.ts';

/** Why a request to a Modbus slave brought no readings; stable names, used as metric labels. */
export type ModbusFailure = 'timeout' | 'exception' | 'bad_answer' | 'port_closed';

/** `port` is the port's name in the config. */
export interface SerialEvents {
  /** `gapMs` is how long it was away; null at the first time. */
  opened(port: string, gapMs: number | null): void;
  /** It was open and is not any more. */
  closed(port: string, problem: string): void;
  /** It could not be opened, or a file could not be read; called again only when the problem is another. */
  failing(port: string, problem: string): void;
  received(port: string, bytes: number): void;
  /** A frame was handed over. */
  frame(port: string, fault: FrameFault | null): void;
  discarded(port: string, bytes: number, reason: DiscardReason): void;
  /** A frame that was handed over could not be stored. */
  notStored(port: string, error: Error): void;
  modbusFailed(port: string, slave: number, failure: ModbusFailure, detail: string): void;
}

export const silentEvents: SerialEvents = {
  opened() {},
  closed() {},
  failing() {},
  received() {},
  frame() {},
  discarded() {},
  notStored() {},
  modbusFailed() {},
};
