// One page of `status --watch`: what changes on top, with its course, and below it what `status`
// shows, as much of it as the window has lines.

import type { GetStatusResponse, StreamStatus } from '../../generated/millpond/v1/admin_service.ts';
import { printable } from '../../observability/printable.ts';
import { bytesText, countText } from '../amount-text.ts';
import { fillBar, sparkline } from '../terminal/blocks.ts';
import type { Look, Tone } from '../terminal/look.ts';
import { cutText, padEnd, padStart, textWidth } from '../terminal/text-width.ts';
import { durationText, localSecond } from '../time-text.ts';
import { ALERT_LINES_MAX, alertLines } from './alert-lines.ts';
import { factLines } from './status-facts.ts';
import type { StatusHistory } from './status-history.ts';
import { consumerLines, headLines, portLines, streamLines } from './status-screen.ts';

export interface WatchedStatus {
  readonly address: string;
  /** The last answer; null before the first. */
  readonly status: GetStatusResponse | null;
  readonly history: StatusHistory;
  /** Devices that are silent for longer than usual, some of them. */
  readonly staleDevices: readonly string[];
  /** Null while the gateway answers. */
  readonly away: { readonly sinceMs: number; readonly message: string } | null;
}

const NAME = 11;
const VALUE = 12;
const BAR = 24;
const TREND = { wide: 16, narrow: 8, wideFrom: 100 };
const STREAMS_BARRED = 4;
/** Alerts take no more than a third of the page. */
const ALERTS_SHARE = 3;

/** At most `rows` lines without line ends. */
export function watchPage(
  watched: WatchedStatus,
  { rows, nowMs, look }: { rows: number; nowMs: number; look: Look },
): string[] {
  const { status } = watched;
  const above = awayLines(watched, nowMs, look);
  const below = [look.paint('faint', 'q ends')];
  if (status === null) return fitRows([...above, ...below], rows);
  const head = headLines(status, watched.address, look);
  const linesMax = Math.min(ALERT_LINES_MAX, Math.floor(rows / ALERTS_SHARE));
  const alerts = alertLines(status, { look, linesMax });
  const rates = ['', ...rateLines(watched, look), ...fullLines(status, look)];
  const upper = [...head, ...above, ...alerts, ...rates];
  const facts = ['', ...portLines(status, look), ...factLines(status, look)];
  const silent = staleLines(status, watched.staleDevices, look);
  const streams = ['', ...streamLines(status, look)];
  // Consumers get what the rest leaves: a title, some lines, and one for those that are not shown.
  const left = rows - upper.length - streams.length - silent.length - facts.length - below.length;
  const shownMax = Math.max(3, left - 3);
  // Chosen here, for a table that has to cut would cut the newest.
  const width = look.width < TREND.wideFrom ? TREND.narrow : TREND.wide;
  const trendOf = ({ stream, consumer }: { stream: string; consumer: string }): string =>
    sparkline(watched.history.lagsOf(stream, consumer), width, look.isPlain);
  const consumers = ['', ...consumerLines(status, { look, shownMax, trendOf })];
  const page = [...upper, ...streams, ...consumers, ...silent, ...facts];
  return [...fitRows(page, rows - below.length), ...below];
}

/** As a block of text for what is no terminal. */
export function watchBlock(watched: WatchedStatus, nowMs: number, look: Look): string[] {
  const rows = Number.POSITIVE_INFINITY;
  const time = localSecond(BigInt(nowMs) * 1000n);
  return [time, ...watchPage(watched, { rows, nowMs, look }).slice(0, -1), ''];
}

function fitRows(lines: readonly string[], rows: number): string[] {
  return lines.slice(0, Math.max(1, rows));
}

function awayLines({ away, address, status }: WatchedStatus, nowMs: number, look: Look): string[] {
  if (away === null) return status === null ? [`asking the gateway at ${address}`] : [];
  const since = durationText(nowMs - away.sinceMs);
  const text = `NO ANSWER for ${since}, trying again: ${printable(away.message)}`;
  return [look.paint('problem', cutText(text, look.width))];
}

function rateLines({ status, history }: WatchedStatus, look: Look): string[] {
  const perSecond = (value: number): string => `${amountText(value)} /s`;
  const line = (
    name: string,
    points: readonly (number | null)[],
    text: typeof perSecond,
  ): string => {
    const newest = points.at(-1) ?? null;
    const value = padStart(newest === null ? '-' : text(newest), VALUE);
    const start = `${look.paint('heading', padEnd(name, NAME))}${value}`;
    const most = points.reduce<number>((high, point) => Math.max(high, point ?? 0), 0);
    const end = `most ${text(most)}`;
    const width = look.width - NAME - VALUE - 2 - 2 - Math.max(VALUE, textWidth(end));
    if (!Number.isFinite(width) || width < 8) return start;
    const course = sparkline(points, width, look.isPlain);
    return `${start}  ${look.paint('bar', course)}  ${look.paint('faint', end)}`;
  };
  const lines = [
    line('In', history.received, perSecond),
    line('Out', history.delivered, perSecond),
  ];
  if (status?.log !== undefined) {
    lines.push(line('Commits p99', history.commitMs, (ms) => `${ms.toFixed(1)} ms`));
  }
  return lines;
}

function amountText(value: number): string {
  return value < 100 ? value.toFixed(1) : countText(Math.round(value));
}

/** How full the disk is, and each stream that may be so large and no larger. */
function fullLines({ disk, streams }: GetStatusResponse, look: Look): string[] {
  const lines: string[] = [];
  if (disk !== undefined && disk.sizeBytes > 0n) {
    const used = disk.sizeBytes - disk.freeBytes;
    const text = `${bytesText(disk.freeBytes)} of ${bytesText(disk.sizeBytes)} free`;
    const fraction = Number(used) / Number(disk.sizeBytes);
    const tone = fraction >= 0.95 ? 'problem' : fraction >= 0.85 ? 'warning' : 'bar';
    lines.push(fullLine('Disk', { fraction, tone, text }, look));
  }
  for (const stream of streams.filter((each) => limitOf(each) > 0n).slice(0, STREAMS_BARRED)) {
    const bytes = stream.sealedBytes + stream.hotBytes;
    const limit = limitOf(stream);
    const text = `${printable(stream.stream)}: ${bytesText(bytes)} of ${bytesText(limit)} kept`;
    // At its limit a stream is where it should be, unless it refuses readings there.
    const tone = stream.isFull ? 'problem' : 'bar';
    lines.push(fullLine('Kept', { fraction: Number(bytes) / Number(limit), tone, text }, look));
  }
  return lines;
}

function limitOf({ retention }: StreamStatus): bigint {
  if (retention === undefined) return 0n;
  return retention.bytes > 0n ? retention.bytes : retention.hardBytes;
}

function fullLine(
  name: string,
  { fraction, tone, text }: { fraction: number; tone: Tone; text: string },
  look: Look,
): string {
  const percent = padStart(`${Math.round(fraction * 100)} %`, VALUE);
  const start = `${look.paint('heading', padEnd(name, NAME))}${percent}`;
  if (!Number.isFinite(look.width)) return `${start}  ${text}`;
  const bar = look.paint(tone, fillBar(fraction, BAR, look.isPlain));
  return `${start}  ${bar}  ${cutText(text, look.width - NAME - VALUE - BAR - 4)}`;
}

function staleLines(
  { staleDevices }: GetStatusResponse,
  names: readonly string[],
  look: Look,
): string[] {
  if (staleDevices === 0n || names.length === 0) return [];
  const others = Number(staleDevices) - names.length;
  const more = others > 0 ? `, and ${countText(others)} more` : '';
  const text = `Silent: ${names.map(printable).join(', ')}${more}`;
  return ['', look.paint('warning', cutText(text, look.width))];
}
