// Consumers for people, a line each, and for programs; and what was done to one of them.

import { isoTime } from '../../core/iso-time.ts';
import { asciiControls } from '../../core/json-line.ts';
import type { ConsumerStatus } from '../../generated/millpond/v1/admin_service.ts';
import { printable } from '../../observability/printable.ts';
import { counted, countText } from '../amount-text.ts';
import type { MovedConsumer, ToldConsumer } from '../client.ts';
import { type Look, plainLook } from '../terminal/look.ts';
import { type Alignment, type Cell, headings, tableLines } from '../terminal/text-table.ts';
import { durationText, localSecond } from '../time-text.ts';

const columns: Alignment[] = ['left', 'left', 'right', 'right', 'right', 'time', 'left'];
const head = ['CONSUMER', 'STREAM', 'LAG', 'UNREAD FOR', 'A SECOND', 'LAST COMMIT', 'STATE'];

/** Lines without line ends. */
export function consumerLines(
  consumers: readonly ToldConsumer[],
  look: Look = plainLook,
): string[] {
  const rows = consumers.map((consumer): Cell[] => {
    const { nowUs, oldestUnreadAtUs, readingsPerSecond } = consumer;
    return [
      printable(consumer.consumer),
      printable(consumer.stream),
      countText(consumer.lag),
      oldestUnreadAtUs === undefined ? '-' : ageText(nowUs - oldestUnreadAtUs),
      readingsPerSecond.toFixed(readingsPerSecond < 100 ? 1 : 0),
      `${ageText(nowUs - consumer.committedAtUs)} ago`,
      stateCell(consumer),
    ];
  });
  return tableLines(columns, [headings(head), ...rows], look);
}

function stateCell({ stall, subscriptions, isGroup, nowUs }: ToldConsumer): Cell {
  if (isGroup) return 'group';
  if (stall !== undefined) {
    const reason = printable(stall.reason).replaceAll('_', ' ');
    return { text: `${reason} since ${sinceText(stall.sinceUs, nowUs)}`, tone: 'warning' };
  }
  if (subscriptions === 0) return 'not connected';
  return subscriptions === 1 ? 'connected' : `connected, ${subscriptions} times`;
}

/** The time of day; with its date if that is not today. */
function sinceText(us: bigint, nowUs: bigint): string {
  const [day = '', clock = ''] = localSecond(us).split(' ');
  const minute = clock.slice(0, 5);
  return localSecond(nowUs).startsWith(day) ? minute : `${day} ${minute}`;
}

function ageText(us: bigint): string {
  return durationText(Number(us) / 1000);
}

/** The fields that every answer about a consumer has. */
export function consumerFields(consumer: ConsumerStatus): object {
  const { losesDataAtUs, oldestUnreadAtUs, stall } = consumer;
  return {
    stream: consumer.stream,
    consumer: consumer.consumer,
    isGroup: consumer.isGroup,
    nextOffset: String(consumer.nextOffset),
    lag: Number(consumer.lag),
    oldestUnreadAt: oldestUnreadAtUs === undefined ? null : isoTime(oldestUnreadAtUs),
    readingsPerSecond: consumer.readingsPerSecond,
    committedAt: isoTime(consumer.committedAtUs),
    subscriptions: consumer.subscriptions,
    stall: stall === undefined ? null : { reason: stall.reason, since: isoTime(stall.sinceUs) },
    losesDataAt: losesDataAtUs === 0n ? null : isoTime(losesDataAtUs),
    isProtected: consumer.isProtected,
  };
}

export function consumerJson(consumer: ToldConsumer): string {
  const { nowUs, oldestUnreadAtUs } = consumer;
  return asciiControls({
    event: 'consumer',
    ...consumerFields(consumer),
    unreadSeconds:
      oldestUnreadAtUs === undefined ? null : Number(nowUs - oldestUnreadAtUs) / 1_000_000,
  });
}

/** As it is after a move, as it was before it was deleted. */
export function changeJson(consumer: ConsumerStatus | undefined): string {
  return asciiControls(
    consumer === undefined ? {} : { event: 'consumer', ...consumerFields(consumer) },
  );
}

interface Name {
  readonly stream: string;
  readonly consumer: string;
}

export function movedLines(name: Name, { consumer, lowWatermark }: MovedConsumer): string[] {
  if (consumer === undefined) return [`${name.consumer} was moved, and changed again since.`];
  const { nextOffset, lag, subscriptions, stream } = consumer;
  const left = counted(lag, 'reading');
  const lines = [
    `${printable(name.consumer)} of ${printable(stream)} goes on at offset ${nextOffset}: ${left} to read.`,
  ];
  if (nextOffset < lowWatermark) {
    const last = lowWatermark - 1n;
    lines.push(`Offsets ${nextOffset} to ${last} are gone: it is told so by a gap.`);
  }
  if (subscriptions > 0) {
    lines.push(
      `${openText(subscriptions)} where it is: its next commit moves the consumer there again. Restart its client.`,
    );
  }
  return lines;
}

export function deletedLines(name: Name, was: ConsumerStatus | undefined): string[] {
  const at = was === undefined ? '' : `; it was at offset ${was.nextOffset}`;
  const lines = [`${printable(name.consumer)} is deleted${at}.`];
  if (was === undefined) return lines;
  if (was.subscriptions > 0) {
    lines.push(`${openText(was.subscriptions)}: its next commit makes the consumer anew.`);
  }
  if (was.isProtected) {
    lines.push(
      'The retention of its stream protects it: until it commits again, or the config no longer names it, readings are kept up to the hard limit.',
    );
  }
  return lines;
}

function openText(subscriptions: number): string {
  return subscriptions === 1
    ? 'One subscription of it is open and goes on'
    : `${subscriptions} subscriptions of it are open and go on`;
}
