// Dead letters of a group for people, one line each and its reason below, and for programs.

import { isoTime } from '../../core/iso-time.ts';
import { asciiControls } from '../../core/json-line.ts';
import type { GroupDeadLetter } from '../../generated/millpond/v1/groups.ts';
import { printable } from '../../observability/printable.ts';
import { countText } from '../amount-text.ts';
import { readingJson } from '../tail/reading-json.ts';
import { type Look, plainLook } from '../terminal/look.ts';
import { type Alignment, detailedLines } from '../terminal/text-table.ts';
import { localSecond } from '../time-text.ts';

const columns: Alignment[] = ['right', 'left', 'left', 'right', 'right', 'time'];
const head = ['OFFSET', 'DEVICE', 'METRIC', 'VALUE', 'FAILURES', 'GIVEN UP'];

/** Lines without line ends; `older` letters are not among them. */
export function letterLines(
  letters: readonly GroupDeadLetter[],
  older: number,
  look: Look = plainLook,
): string[] {
  const rows = letters.map(({ reading, failures, diedAtUs, isRedelivering }) => [
    String(reading?.offset ?? ''),
    printable(reading?.device ?? ''),
    printable(reading?.metric ?? ''),
    printable(String(reading?.value?.value ?? '')),
    String(failures),
    `${localSecond(diedAtUs)}${isRedelivering ? ', going round again' : ''}`,
  ]);
  const details = letters.map(({ reason }) => printable(reason));
  const more = older === 0 ? [] : [`and ${countText(older)} before them; see --count`];
  return [...detailedLines(columns, { head, rows, details }, look), ...more];
}

export function letterJson(letter: GroupDeadLetter): string {
  const { reading, failures, reason, diedAtUs, isRedelivering } = letter;
  return asciiControls({
    event: 'group-dead-letter',
    failures,
    reason,
    diedAt: isoTime(diedAtUs),
    isRedelivering,
    reading: reading === undefined ? null : JSON.parse(readingJson('', reading)),
  });
}
