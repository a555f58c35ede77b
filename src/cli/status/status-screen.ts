// What `status` shows: the gateway's state on one screen of 80 columns, the most important first.

import type {
  ConsumerStatus,
  GetStatusResponse,
  StreamStatus,
} from '../../generated/millpond/v1/admin_service.ts';
import { printable } from '../../observability/printable.ts';
import { bytesText, countText } from '../amount-text.ts';
import { type Look, plainLook } from '../terminal/look.ts';
import { type Alignment, type Cell, headings, tableLines } from '../terminal/text-table.ts';
import { durationText } from '../time-text.ts';
import { ALERT_LINES_MAX, alertLines } from './alert-lines.ts';
import { factLines } from './status-facts.ts';

/** Consumers shown; those that lag most. All of them are in --json. */
const CONSUMERS_SHOWN = 20;

/** Lines without line ends. Ages are counted from the gateway's clock, which gave the times. */
export function statusScreen(
  status: GetStatusResponse,
  address: string,
  look: Look = plainLook,
): string[] {
  return [
    ...headLines(status, address, look),
    ...alertLines(status, { look, linesMax: ALERT_LINES_MAX }),
    '',
    ...streamLines(status, look),
    '',
    ...consumerLines(status, { look, shownMax: CONSUMERS_SHOWN }),
    '',
    ...portLines(status, look),
    ...factLines(status, look),
  ];
}

/** Who it is and how it is. */
export function headLines(status: GetStatusResponse, address: string, look: Look): string[] {
  const upMs = nowMsOf(status) - Number(status.startedAtUs / 1000n);
  const state = status.ready ? look.paint('good', 'ready') : look.paint('problem', 'NOT READY');
  const name = look.paint('heading', `Millpond ${printable(status.version)}`);
  const head = `${name} at ${address}: ${state}, up ${durationText(upMs)}`;
  // The alert says why, and what to do.
  if (status.ready || status.alerts.some(({ code }) => code === 'not_ready')) return [head];
  return [head, look.paint('problem', `  why: ${printable(status.problem)}`)];
}

function nowMsOf({ nowUs }: GetStatusResponse): number {
  return Number(nowUs / 1000n);
}

export function streamLines({ streams }: GetStatusResponse, look: Look): string[] {
  const rows = streams.map((stream): Cell[] => [
    printable(stream.stream),
    countText(stream.highWatermark - stream.lowWatermark),
    String(stream.lowWatermark),
    String(stream.highWatermark),
    bytesText(stream.sealedBytes + stream.hotBytes),
    keepsCell(stream),
  ]);
  const columns: Alignment[] = ['left', 'right', 'right', 'right', 'right', 'left'];
  const head = ['STREAM', 'READINGS', 'OLDEST', 'NEXT OFFSET', 'ON DISK', 'KEEPS'];
  return tableLines(columns, [headings(head), ...rows], look);
}

function keepsCell({ retention, isFull }: StreamStatus): Cell {
  const limits: string[] = [];
  if (retention !== undefined) {
    const { ageUs, bytes, hardBytes } = retention;
    if (ageUs > 0n) limits.push(durationText(Number(ageUs / 1000n)));
    if (bytes > 0n || hardBytes > 0n) limits.push(bytesText(bytes > 0n ? bytes : hardBytes));
  }
  const text = limits.length === 0 ? 'all' : limits.join(', ');
  return isFull ? { text: `${text}, FULL`, tone: 'problem' } : text;
}

export interface ConsumerTable {
  readonly look: Look;
  readonly shownMax: number;
  /** A picture of how its lag went, in a column of its own. */
  readonly trendOf?: (consumer: ConsumerStatus) => string;
}

export function consumerLines(
  status: GetStatusResponse,
  { look, shownMax, trendOf }: ConsumerTable,
): string[] {
  const { consumers } = status;
  const nowMs = nowMsOf(status);
  if (consumers.length === 0) return ['No consumer has committed an offset yet.'];
  const shown = [...consumers]
    .sort((a, b) => (a.lag === b.lag ? 0 : a.lag < b.lag ? 1 : -1))
    .slice(0, shownMax);
  const rows = shown.map((consumer): Cell[] => [
    printable(consumer.consumer),
    printable(consumer.stream),
    countText(consumer.lag),
    ...(trendOf === undefined ? [] : [{ text: trendOf(consumer), tone: 'bar' } as const]),
    String(consumer.nextOffset),
    `${durationText(nowMs - Number(consumer.committedAtUs / 1000n))} ago`,
    losesCell(consumer, nowMs),
  ]);
  const trend = trendOf === undefined ? [] : (['left'] as const);
  const columns: Alignment[] = ['left', 'left', 'right', ...trend, 'right', 'time', 'left'];
  const names = ['CONSUMER', 'STREAM', 'LAG', 'NEXT OFFSET', 'LAST COMMIT', 'LOSES DATA'];
  const head = trendOf === undefined ? names : names.toSpliced(3, 0, 'OF LATE');
  const others = consumers.length - shown.length;
  const more = others === 0 ? [] : [`and ${countText(others)} more, which lag less`];
  return [...tableLines(columns, [headings(head), ...rows], look), ...more];
}

/** Nothing where no port is configured. */
export function portLines({ serialPorts }: GetStatusResponse, look: Look): string[] {
  if (serialPorts.length === 0) return [];
  const rows = serialPorts.map(({ name, path, isOpen, problem }): Cell[] => [
    printable(name),
    isOpen ? 'open' : { text: 'CLOSED', tone: 'problem' },
    problem === '' ? printable(path) : printable(`${path} ${problem}`),
  ]);
  const table = [headings(['PORT', 'STATE', 'PATH']), ...rows];
  return [...tableLines(['left', 'left', 'left'], table, look), ''];
}

function losesCell({ losesDataAtUs, isProtected }: ConsumerStatus, nowMs: number): Cell {
  if (losesDataAtUs === 0n) return isProtected ? 'protected' : '-';
  const leftMs = Number(losesDataAtUs / 1000n) - nowMs;
  if (leftMs < 1000) return { text: 'NOW', tone: 'problem' };
  return { text: `in ${durationText(leftMs)}`, tone: 'warning' };
}
