// Losses for people, one line each and its detail below, and for programs.

import { isoTime } from '../../core/iso-time.ts';
import { asciiControls } from '../../core/json-line.ts';
import type { Loss } from '../../generated/millpond/v1/admin_service.ts';
import { printable } from '../../observability/printable.ts';
import { countText } from '../amount-text.ts';
import { type Look, plainLook } from '../terminal/look.ts';
import { type Alignment, detailedLines } from '../terminal/text-table.ts';
import { localSecond } from '../time-text.ts';

const columns: Alignment[] = ['time', 'left', 'right', 'left', 'left'];
const head = ['TIME', 'STREAM', 'COUNT', 'REASON', 'OFFSETS'];

/** Lines without line ends; `older` entries are not among them. */
export function lossLines(
  losses: readonly Loss[],
  older: number,
  look: Look = plainLook,
): string[] {
  if (losses.length === 0) return ['Nothing was lost.'];
  const rows = losses.map((loss) => [
    localSecond(loss.recordedAtUs),
    loss.stream === '' ? '-' : printable(loss.stream),
    countText(loss.count),
    printable(loss.reason),
    offsetsText(loss),
  ]);
  const details = losses.map(({ detail }) => printable(detail));
  const more = older === 0 ? [] : [`and ${countText(older)} older; see --count`];
  return [...detailedLines(columns, { head, rows, details }, look), ...more];
}

function offsetsText({ firstOffset, nextOffset }: Loss): string {
  if (firstOffset === nextOffset) return '-';
  const last = nextOffset - 1n;
  return last === firstOffset ? String(firstOffset) : `${firstOffset} to ${last}`;
}

export function lossJson(loss: Loss): string {
  const { stream, firstOffset, nextOffset, count, reason, detail, recordedAtUs } = loss;
  const isRange = firstOffset !== nextOffset;
  return asciiControls({
    event: 'loss',
    stream,
    firstOffset: isRange ? String(firstOffset) : null,
    nextOffset: isRange ? String(nextOffset) : null,
    count: Number(count),
    reason,
    detail,
    recordedAt: isoTime(recordedAtUs),
  });
}
