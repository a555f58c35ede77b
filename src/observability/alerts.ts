// What somebody should look at now, worked out of the gateway's state alone: the same things, with the
// same limits, as the alert rules for Prometheus.

import type { DiskState } from '../core/disk-state.ts';
import { errorTable } from '../core/errors.ts';
import type { LogStatus } from '../core/log-inspection.ts';
import type { ConsumerReport } from './consumer-report.ts';
import type { GatewayStatus } from './gateway-status.ts';

export const alertCodes = [
  'not_ready',
  'disk_fault',
  'consumer_loses_data',
  'stream_full',
  'losses',
  'disk_fills',
  'serial_port_closed',
  'commits_slow',
  'consumer_stalled',
  'group_stalled',
  'dead_letters',
  'devices_silent',
  'mended_at_start',
] as const;

export const alertSeverities = ['critical', 'warning'] as const;

export interface Alert {
  readonly code: (typeof alertCodes)[number];
  readonly severity: (typeof alertSeverities)[number];
  /** The stream, consumer, group or port; empty where it is the gateway. */
  readonly subject: string;
  readonly message: string;
  readonly remedy: string;
  /** Null where it is not known. */
  readonly sinceUs: number | null;
}

/** So many are told; those that are most urgent are first. */
export const ALERTS_MAX = 100;

const SECOND_US = 1_000_000;
const HOUR_US = 3600 * SECOND_US;
const DAY_US = 24 * HOUR_US;
const LOSES_DATA_SOON_US = DAY_US;
const LOSES_DATA_NOW_US = HOUR_US;
const DISK_FILLS_US = 7 * DAY_US;
/** Its members may be at work on what they hold. */
const GROUP_STALLED_US = 600 * SECOND_US;
const COMMIT_MS_MAX = 1000;
const MENDED_SHOWN_US = DAY_US;

/** All that was lost but what somebody threw away. */
export function lostByAccident(lost: LogStatus['lost']): number {
  return Object.entries(lost)
    .filter(([reason]) => isAccident(reason))
    .reduce((sum, [, count]) => sum + count, 0);
}

function isAccident(reason: string): boolean {
  return !/^(?:group_)?dead_letters_purged$/.test(reason);
}

/** Critical ones first, then in the order of the codes. */
export function alertsOf(status: GatewayStatus): Alert[] {
  const all: Alert[] = [
    ...logAlerts(status),
    ...diskAlerts(status),
    ...status.consumers.flatMap((each) => [...consumerAlerts(each, status.log.nowUs)]),
    ...streamAlerts(status),
    ...groupAlerts(status),
    ...portAlerts(status),
    ...recentAlerts(status),
  ];
  const rank = ({ code, severity }: Alert): number =>
    alertSeverities.indexOf(severity) * alertCodes.length + alertCodes.indexOf(code);
  return all.sort((a, b) => rank(a) - rank(b)).slice(0, ALERTS_MAX);
}

function* logAlerts({ log, startedAtUs }: GatewayStatus): Generator<Alert, void> {
  if (log.problem !== null) {
    yield {
      ...gateway,
      code: 'not_ready',
      severity: 'critical',
      message: `No readings are taken: ${log.problem}`,
      remedy: errorTable.LOG_WRITE_FAILED.remedy,
    };
  }
  if (log.commits > 0 && log.commitMsP99 > COMMIT_MS_MAX) {
    yield {
      ...gateway,
      code: 'commits_slow',
      severity: 'warning',
      message: `One commit in a hundred takes ${(log.commitMsP99 / 1000).toFixed(1)} s or longer.`,
      remedy: 'Look at the disk and at what else writes to it: acknowledgements wait for commits.',
    };
  }
  if (log.recoveryFindings > 0 && log.nowUs - startedAtUs < MENDED_SHOWN_US) {
    yield {
      ...gateway,
      code: 'mended_at_start',
      severity: 'warning',
      message: `The last start put ${countText(log.recoveryFindings, 'thing')} right.`,
      remedy: 'See `millpond doctor`, the losses and quarantine/ in the data directory.',
      sinceUs: startedAtUs,
    };
  }
}

const gateway = { subject: '', sinceUs: null } as const;

const diskFaults: Readonly<Record<Exclude<DiskState, 'ok'>, string>> = {
  full: 'The disk is full.',
  read_only: 'The disk is mounted read-only.',
  failing: 'The disk fails.',
  other: 'The data directory cannot be written to.',
};

function* diskAlerts({ log: { disk, nowUs } }: GatewayStatus): Generator<Alert, void> {
  if (disk.state !== 'ok') {
    yield {
      ...gateway,
      code: 'disk_fault',
      severity: 'critical',
      message: diskFaults[disk.state],
      remedy: errorTable.LOG_WRITE_FAILED.remedy,
    };
  } else if (disk.fullAtUs !== null && disk.fullAtUs - nowUs < DISK_FILLS_US) {
    const leftUs = disk.fullAtUs - nowUs;
    yield {
      ...gateway,
      code: 'disk_fills',
      severity: leftUs < DAY_US ? 'critical' : 'warning',
      message: `At this rate the disk is full in ${spanText(leftUs)}.`,
      remedy: 'Free some space, or set retention: then the oldest readings go in time.',
    };
  }
}

function* consumerAlerts(consumer: ConsumerReport, nowUs: number): Generator<Alert, void> {
  const { losesDataAtUs, stall } = consumer;
  const subject = `${consumer.stream}/${consumer.consumer}`;
  if (losesDataAtUs !== null && losesDataAtUs - nowUs < LOSES_DATA_SOON_US) {
    const leftUs = losesDataAtUs - nowUs;
    const when = leftUs <= 0 ? 'now' : `in ${spanText(leftUs)}`;
    yield {
      code: 'consumer_loses_data',
      severity: leftUs < LOSES_DATA_NOW_US ? 'critical' : 'warning',
      subject,
      message: `It is ${countText(consumer.lag, 'reading')} behind, and begins to lose some ${when}.`,
      remedy: 'Start it, make it quicker, protect it by retention.protect, or delete it.',
      sinceUs: null,
    };
  } else if (stall !== null && stall.reason !== 'not_connected') {
    const message =
      stall.reason === 'window_full'
        ? 'It is connected and takes nothing of what is sent to it.'
        : 'It reads and does not commit.';
    yield {
      code: 'consumer_stalled',
      severity: 'warning',
      subject,
      message: `${message} It is ${countText(consumer.lag, 'reading')} behind.`,
      remedy: 'Look at the program that reads as this consumer.',
      sinceUs: stall.sinceUs,
    };
  }
}

function* streamAlerts({ log }: GatewayStatus): Generator<Alert, void> {
  for (const { stream, isFull, onFull } of log.streams) {
    if (!isFull) continue;
    yield {
      code: 'stream_full',
      severity: 'critical',
      subject: stream,
      message:
        onFull === 'refuse'
          ? 'It is at its hard limit and takes nothing more.'
          : 'It is at its hard limit: what protected consumers have not read goes.',
      remedy: errorTable.STREAM_FULL.remedy,
      sinceUs: null,
    };
  }
}

function* groupAlerts({ groups, log: { nowUs } }: GatewayStatus): Generator<Alert, void> {
  for (const { stream, group, stall } of groups) {
    if (stall === null || nowUs - stall.sinceUs < GROUP_STALLED_US) continue;
    yield {
      code: 'group_stalled',
      severity: 'warning',
      subject: `${stream}/${group}`,
      message: `Nothing can be sent to its members: ${stall.reason}`,
      remedy: 'See `millpond groups`, and the program of its members.',
      sinceUs: stall.sinceUs,
    };
  }
}

function* portAlerts({ serialPorts }: GatewayStatus): Generator<Alert, void> {
  for (const { name, path, isOpen, problem } of serialPorts) {
    if (isOpen) continue;
    yield {
      code: 'serial_port_closed',
      severity: 'warning',
      subject: name,
      message: `${path} is not open${problem === null ? '' : `: ${problem}`}`,
      remedy: 'Plug the device in; `millpond ports` lists those there are. It is tried again.',
      sinceUs: null,
    };
  }
}

function* recentAlerts({ log }: GatewayStatus): Generator<Alert, void> {
  const reasons = Object.entries(log.lostAtUs)
    .filter(([reason, atUs]) => isAccident(reason) && Math.abs(log.nowUs - atUs) < HOUR_US)
    .map(([reason]) => reason);
  if (reasons.length > 0) {
    yield {
      ...gateway,
      code: 'losses',
      severity: 'critical',
      message: `Readings or messages were lost within the last hour: ${reasons.join(', ')}.`,
      remedy: 'See the losses: each has its reason.',
    };
  }
  if (log.newDeadLetters > 0) {
    yield {
      ...gateway,
      code: 'dead_letters',
      severity: 'warning',
      message: `${countText(log.newDeadLetters, 'message')} of the last quarter of an hour could not be decoded.`,
      remedy: 'See the dead letters; after a profile was mended they can be decoded again.',
    };
  }
  if (log.staleDevices > 0) {
    yield {
      ...gateway,
      code: 'devices_silent',
      severity: 'warning',
      message: `${countText(log.staleDevices, 'device')} of ${log.devices}: silent for longer than usual.`,
      remedy: 'Look at their power, their batteries and their network.',
    };
  }
}

function countText(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

function spanText(us: number): string {
  const hours = us / HOUR_US;
  if (hours >= 48) return `${Math.floor(hours / 24)} days`;
  if (hours >= 2) return `${Math.floor(hours)} hours`;
  return `${Math.max(1, Math.floor(hours * 60))} min`;
}
