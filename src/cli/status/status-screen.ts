// What `status` shows: the gateway's state on one screen of 80 columns, the most important first.

import type {
  ConsumerStatus,
  GetStatusResponse,
  StreamStatus,
} from '../../generated/millpond/v1/admin_service.ts';
import { printable } from '../../observability/printable.ts';
import { bytesText, countText } from '../amount-text.ts';
import { type Alignment, tableLines } from '../terminal/text-table.ts';
import { durationText } from '../time-text.ts';
import { factLines } from './status-facts.ts';

/** Consumers shown; those that lag most. All of them are in --json. */
const consumersMax = 20;

/** Lines without line ends. Ages are counted from the gateway's clock, which gave the times. */
export function statusScreen(status: GetStatusResponse, address: string): string[] {
  const nowMs = Number(status.nowUs / 1000n);
  const upMs = nowMs - Number(status.startedAtUs / 1000n);
  const state = status.ready ? 'ready' : 'NOT READY';
  return [
    `Millpond ${printable(status.version)} at ${address}: ${state}, up ${durationText(upMs)}`,
    ...(status.ready ? [] : [`  why: ${printable(status.problem)}`]),
    '',
    ...streamLines(status),
    '',
    ...consumerLines(status, nowMs),
    '',
    ...portLines(status),
    ...factLines(status),
  ];
}

function streamLines({ streams }: GetStatusResponse): string[] {
  const rows = streams.map((stream) => [
    printable(stream.stream),
    countText(stream.highWatermark - stream.lowWatermark),
    String(stream.lowWatermark),
    String(stream.highWatermark),
    bytesText(stream.sealedBytes + stream.hotBytes),
    keepsText(stream),
  ]);
  const columns: Alignment[] = ['left', 'right', 'right', 'right', 'right', 'left'];
  const head = ['STREAM', 'READINGS', 'OLDEST', 'NEXT OFFSET', 'ON DISK', 'KEEPS'];
  return tableLines(columns, [head, ...rows]);
}

function keepsText({ retention, isFull }: StreamStatus): string {
  const limits: string[] = [];
  if (retention !== undefined) {
    const { ageUs, bytes, hardBytes } = retention;
    if (ageUs > 0n) limits.push(durationText(Number(ageUs / 1000n)));
    if (bytes > 0n || hardBytes > 0n) limits.push(bytesText(bytes > 0n ? bytes : hardBytes));
  }
  return `${limits.length === 0 ? 'all' : limits.join(', ')}${isFull ? ', FULL' : ''}`;
}

function consumerLines({ consumers }: GetStatusResponse, nowMs: number): string[] {
  if (consumers.length === 0) return ['No consumer has committed an offset yet.'];
  const shown = [...consumers]
    .sort((a, b) => (a.lag === b.lag ? 0 : a.lag < b.lag ? 1 : -1))
    .slice(0, consumersMax);
  const rows = shown.map((consumer) => [
    printable(consumer.consumer),
    printable(consumer.stream),
    countText(consumer.lag),
    String(consumer.nextOffset),
    `${durationText(nowMs - Number(consumer.committedAtUs / 1000n))} ago`,
    losesText(consumer, nowMs),
  ]);
  const columns: Alignment[] = ['left', 'left', 'right', 'right', 'left', 'left'];
  const head = ['CONSUMER', 'STREAM', 'LAG', 'NEXT OFFSET', 'LAST COMMIT', 'LOSES DATA'];
  const others = consumers.length - shown.length;
  const more = others === 0 ? [] : [`and ${countText(others)} more, which lag less`];
  return [...tableLines(columns, [head, ...rows]), ...more];
}

/** Nothing where no port is configured. */
function portLines({ serialPorts }: GetStatusResponse): string[] {
  if (serialPorts.length === 0) return [];
  const rows = serialPorts.map(({ name, path, isOpen, problem }) => [
    printable(name),
    isOpen ? 'open' : 'CLOSED',
    problem === '' ? printable(path) : printable(`${path} ${problem}`),
  ]);
  return [...tableLines(['left', 'left', 'left'], [['PORT', 'STATE', 'PATH'], ...rows]), ''];
}

function losesText({ losesDataAtUs, isProtected }: ConsumerStatus, nowMs: number): string {
  if (losesDataAtUs === 0n) return isProtected ? 'protected' : '-';
  const leftMs = Number(losesDataAtUs / 1000n) - nowMs;
  return leftMs < 1000 ? 'NOW' : `in ${durationText(leftMs)}`;
}
