// What somebody should look at now, on top of the status screen: each with what to do about it, the
// most urgent first.

import type { Alert, GetStatusResponse } from '../../generated/millpond/v1/admin_service.ts';
import { printable } from '../../observability/printable.ts';
import { countText } from '../amount-text.ts';
import type { Look } from '../terminal/look.ts';
import { cutText, wrapText } from '../terminal/text-width.ts';
import { durationText } from '../time-text.ts';

/** On a screen of any height; all of them are in --json. */
export const ALERT_LINES_MAX = 20;

const INDENT = '    ';

/** Nothing where all is well, else an empty line and at most `linesMax` others; the first alert is always there. */
export function alertLines(
  { alerts, nowUs }: Pick<GetStatusResponse, 'alerts' | 'nowUs'>,
  { look, linesMax }: { look: Look; linesMax: number },
): string[] {
  if (alerts.length === 0) return [];
  const lines: string[] = [];
  for (const [index, alert] of alerts.entries()) {
    const own = linesOf(alert, nowUs, look);
    const isLast = index === alerts.length - 1;
    if (index > 0 && lines.length + own.length > linesMax - (isLast ? 0 : 1)) {
      lines.push(`and ${countText(alerts.length - index)} more`);
      break;
    }
    lines.push(...own);
  }
  return ['', ...lines];
}

function linesOf(alert: Alert, nowUs: bigint, look: Look): string[] {
  const { severity, subject, sinceUs } = alert;
  const word = printable(severity).toUpperCase();
  const since = sinceUs === undefined ? '' : `for ${durationText(Number(nowUs - sinceUs) / 1000)}`;
  const title = [word, printable(subject), since].filter((part) => part !== '').join(' ');
  const told = wrapped(`${title}: ${printable(alert.message)}`, look.width);
  const tone = severity === 'critical' ? 'problem' : 'warning';
  const [first = '', ...others] = told;
  const remedy = wrapped(printable(alert.remedy), look.width - INDENT.length);
  return [
    look.paint(tone, first.slice(0, word.length)) + first.slice(word.length),
    ...others,
    ...remedy.map((line) => INDENT + look.paint('faint', line)),
  ];
}

function wrapped(text: string, width: number): string[] {
  return wrapText(text, width).map((line) => cutText(line, width));
}
