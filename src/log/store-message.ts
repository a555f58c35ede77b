// From a raw message to the next commit: decoded and appended, and whatever goes wrong on the way,
// kept. A message that a fault of ours stops is a dead letter, so that it can be decoded again.

import type { Decoded, Decoder } from '../core/contracts.ts';
import { MillpondError } from '../core/errors.ts';
import type { RawMessage } from '../core/raw-message.ts';

export interface StoreParts {
  readonly decoder: Decoder;
  readonly log: { append(message: RawMessage, decoded: Decoded): void };
  /** Told what became of the message. */
  readonly decoded: (decoded: Decoded, message: RawMessage) => void;
}

const DETAIL_LENGTH_MAX = 200;

/** Throws STREAM_FULL, and what storing a dead letter throws. */
export function storeMessage(message: RawMessage, { decoder, log, decoded }: StoreParts): void {
  let outcome: Decoded;
  try {
    outcome = decoder.decode(message);
    log.append(message, outcome);
  } catch (thrown) {
    if (thrown instanceof MillpondError && thrown.code === 'STREAM_FULL') throw thrown;
    outcome = faultOf(thrown);
    log.append(message, outcome);
  }
  decoded(outcome, message);
}

function faultOf(thrown: unknown): Decoded {
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  const deadLetter = { reason: 'decoder_fault', detail: text.slice(0, DETAIL_LENGTH_MAX) } as const;
  return { profile: '', readings: [], dropped: [], deadLetter };
}
