// Dead letters for people, one line each and its detail below, and for programs.

import { isoTime } from '../../core/iso-time.ts';
import { asciiControls } from '../../core/json-line.ts';
import type { DeadLetter } from '../../generated/millpond/v1/admin_service.ts';
import { printable } from '../../observability/printable.ts';
import { countText } from '../amount-text.ts';
import { type Look, plainLook } from '../terminal/look.ts';
import { type Alignment, detailedLines } from '../terminal/text-table.ts';
import { localSecond } from '../time-text.ts';

const columns: Alignment[] = ['right', 'time', 'left', 'left', 'right', 'left'];
const head = ['ID', 'RECEIVED', 'REASON', 'PROFILE', 'BYTES', 'TOPIC'];
const hexBytesMax = 1024;

/** Lines without line ends; `older` letters are not among them. */
export function deadLetterLines(
  letters: readonly DeadLetter[],
  older: number,
  look: Look = plainLook,
): string[] {
  const rows = letters.map((letter) => [
    String(letter.id),
    localSecond(letter.receivedAtUs),
    printable(letter.reason),
    letter.profile === '' ? '-' : printable(letter.profile),
    String(letter.bytes),
    printable(letter.topic),
  ]);
  const details = letters.map(({ detail }) => printable(detail));
  const more = older === 0 ? [] : [`and ${countText(older)} older; see --count`];
  return [...detailedLines(columns, { head, rows, details }, look), ...more];
}

/** A text as it is but for its controls, else the first bytes in hex. */
export function payloadLines(payload: Uint8Array): string[] {
  const bytes = Buffer.from(payload);
  const text = bytes.toString('utf8');
  if (Buffer.from(text).equals(bytes)) return ['', ...text.split(/\r\n|\r|\n/).map(printable)];
  const shown = bytes.subarray(0, hexBytesMax).toString('hex');
  const rest = bytes.length > hexBytesMax ? [`and ${bytes.length - hexBytesMax} bytes more`] : [];
  return ['', ...(shown.match(/.{1,64}/g) ?? []), ...rest];
}

/** `payload` in base64, where it is given. */
export function deadLetterJson(letter: DeadLetter, payload?: unknown): string {
  const { id, receivedAtUs, bytes, source, topic, profile, reason, detail } = letter;
  const { isRetained, isRedelivered, isPartial } = letter;
  const object = {
    event: 'dead-letter',
    id: String(id),
    receivedAt: isoTime(receivedAtUs),
    receivedAtUs: String(receivedAtUs),
    source,
    topic,
    profile: profile === '' ? null : profile,
    reason,
    detail,
    isRetained,
    isRedelivered,
    isPartial,
    bytes: String(bytes),
    ...(payload instanceof Uint8Array ? { payload: Buffer.from(payload).toString('base64') } : {}),
  };
  return asciiControls(object);
}
