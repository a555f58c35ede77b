// The events of a subscription that are no readings, encoded.

import type { FetchResult } from '../../core/contracts.ts';
import { SubscribeResponse } from '../../generated/millpond/v1/telemetry_service.ts';

/** What a fetch gave as messages: a gap first, and progress where there is nothing else to tell. */
export function messagesOf(result: FetchResult, nowUs: number): readonly Uint8Array[] {
  if (result.gap !== null) return [encodeGap(result.gap), ...result.messages];
  return isSilent(result) ? [encodeProgress(result, nowUs)] : result.messages;
}

/** Neither readings nor a gap. */
export function isSilent({ messages, gap }: FetchResult): boolean {
  return messages.length === 0 && gap === null;
}

function encodeGap(gap: { first: number; next: number; reason: string }): Uint8Array {
  return SubscribeResponse.encode({
    event: {
      $case: 'gap',
      value: { firstOffset: BigInt(gap.first), nextOffset: BigInt(gap.next), reason: gap.reason },
    },
  }).finish();
}

function encodeProgress(result: FetchResult, nowUs: number): Uint8Array {
  return SubscribeResponse.encode({
    event: {
      $case: 'progress',
      value: {
        nextOffset: BigInt(result.next),
        highWatermark: BigInt(result.highWatermark),
        timeUs: BigInt(nowUs),
      },
    },
  }).finish();
}
