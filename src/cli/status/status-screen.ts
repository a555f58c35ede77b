// What `status` shows: the gateway's state on one screen, the most important first.

import type { GetStatusResponse } from '../../generated/millpond/v1/admin_service.ts';
import { printable } from '../../observability/printable.ts';
import { bytesText, countText } from '../amount-text.ts';
import { durationText } from '../time-text.ts';
import { type Alignment, tableLines } from './text-table.ts';

/** Consumers shown; those that lag most. All of them are in --json. */
const consumersMax = 20;

/** Lines without line ends. `nowMs` is this machine's clock, from which ages are counted. */
export function statusScreen(
  status: GetStatusResponse,
  { address, nowMs }: { readonly address: string; readonly nowMs: number },
): string[] {
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
    ...factLines(status),
  ];
}

function streamLines({ streams }: GetStatusResponse): string[] {
  const rows = streams.map(({ stream, lowWatermark, highWatermark }) => [
    printable(stream),
    countText(highWatermark - lowWatermark),
    String(lowWatermark),
    String(highWatermark),
  ]);
  const columns: Alignment[] = ['left', 'right', 'right', 'right'];
  return tableLines(columns, [['STREAM', 'READINGS', 'OLDEST', 'NEXT OFFSET'], ...rows]);
}

function consumerLines({ consumers }: GetStatusResponse, nowMs: number): string[] {
  if (consumers.length === 0) return ['No consumer has committed an offset yet.'];
  const shown = [...consumers]
    .sort((a, b) => (a.lag === b.lag ? 0 : a.lag < b.lag ? 1 : -1))
    .slice(0, consumersMax);
  const rows = shown.map(({ consumer, stream, nextOffset, lag, committedAtUs }) => [
    printable(consumer),
    printable(stream),
    countText(lag),
    String(nextOffset),
    `${durationText(nowMs - Number(committedAtUs / 1000n))} ago`,
  ]);
  const columns: Alignment[] = ['left', 'left', 'right', 'right', 'left'];
  const head = ['CONSUMER', 'STREAM', 'LAG', 'NEXT OFFSET', 'LAST COMMIT'];
  const others = consumers.length - shown.length;
  const more = others === 0 ? [] : [`and ${countText(others)} more, which lag less`];
  return [...tableLines(columns, [head, ...rows]), ...more];
}

function factLines(status: GetStatusResponse): string[] {
  const { log } = status;
  const facts = [
    ['Dead letters', countText(status.deadLetters)],
    ['Devices', `${countText(status.devices)}, in ${countText(log?.series ?? 0)} series`],
    [
      'Connections',
      `${countText(status.mqttConnections)} MQTT, ${countText(status.subscribers)} subscribers`,
    ],
  ];
  if (log !== undefined) {
    const waiting = log.queueBytes === 0n ? 'nothing' : bytesText(log.queueBytes);
    facts.push(
      [
        'Log on disk',
        `${bytesText(log.databaseBytes)} database, ${bytesText(log.walBytes)} write-ahead log; ${waiting} waiting`,
      ],
      ['Commits', commitText(log)],
    );
  }
  return tableLines(['left', 'left'], facts);
}

function commitText(log: NonNullable<GetStatusResponse['log']>): string {
  if (log.commits === 0n) return 'none yet';
  const half = `half within ${log.commitMsP50.toFixed(1)} ms`;
  return `${countText(log.commits)}; of the last thousand ${half}, 99 % within ${log.commitMsP99.toFixed(1)} ms`;
}
