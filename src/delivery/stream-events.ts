// The events of a subscription that are no readings: a gap, and how far the log was read. They are
// rare and small, so they are encoded on the I/O thread, by each format in its own way.

import type { DeliveryFormat, FetchResult } from '../core/contracts.ts';

export interface EventWriter {
  gap(stream: string, gap: NonNullable<FetchResult['gap']>): Uint8Array;
  progress(result: Pick<FetchResult, 'next' | 'highWatermark'>, nowUs: number): Uint8Array;
}

/** How each format writes them. */
export type EventWriters = Readonly<Record<DeliveryFormat, EventWriter>>;

/** What a fetch gave as messages: a gap first, and progress where there is nothing else to tell. */
export function messagesOf(
  result: FetchResult,
  writer: EventWriter,
  { stream, nowUs }: { readonly stream: string; readonly nowUs: number },
): readonly Uint8Array[] {
  if (result.gap !== null) return [writer.gap(stream, result.gap), ...result.messages];
  return isSilent(result) ? [writer.progress(result, nowUs)] : result.messages;
}

/** Neither readings nor a gap. */
export function isSilent({ messages, gap }: FetchResult): boolean {
  return messages.length === 0 && gap === null;
}
