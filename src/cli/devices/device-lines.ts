// Devices for people, a line each and their latest values below, and for programs.

import { isoTime } from '../../core/iso-time.ts';
import { asciiControls } from '../../core/json-line.ts';
import type { LatestValue } from '../../generated/millpond/v1/admin_service.ts';
import { printable } from '../../observability/printable.ts';
import { countText } from '../amount-text.ts';
import type { ToldDevice } from '../client.ts';
import { type Look, plainLook } from '../terminal/look.ts';
import { type Alignment, type Cell, headings, tableLines } from '../terminal/text-table.ts';
import { cutText, textWidth } from '../terminal/text-width.ts';
import { durationText } from '../time-text.ts';

const columns: Alignment[] = ['left', 'left', 'right', 'right', 'right', 'left'];
const head = ['DEVICE', 'PROFILE', 'SILENT FOR', 'EVERY', 'A MINUTE', ''];
/** Of what is no terminal. */
const lineMax = 80;
const indent = '    ';
/** A longer name has a line of its own, so that the columns stay within the screen. */
const nameMax = 18;
/** On the screen; --json has up to 200. */
const valuesMax = 20;
const textMax = 40;
const oldUs = 60_000_000n;

/** Lines without line ends. */
export function deviceLines(devices: readonly ToldDevice[], look: Look = plainLook): string[] {
  const rows = devices.map((device): Cell[] => {
    const name = printable(device.device);
    return [
      isLong(name) ? '' : { text: name, name: device.device },
      device.profile === '' ? '-' : printable(device.profile),
      ageText(device.nowUs - device.lastSeenUs),
      device.usualIntervalUs === undefined ? '-' : ageText(device.usualIntervalUs),
      device.readingsPerMinute === undefined ? '-' : rateText(device.readingsPerMinute),
      device.isStale ? { text: 'STALE', tone: 'warning' } : '',
    ];
  });
  const [heading = '', ...lines] = tableLines(columns, [headings(head), ...rows], look);
  const width = Number.isFinite(look.width) ? look.width : lineMax;
  const blocks = devices.flatMap((device, index) => {
    const name = printable(device.device);
    const above = isLong(name) ? [look.paintName(device.device, cutText(name, look.width))] : [];
    return [...above, lines[index] ?? '', ...wrapped(valueTexts(device), width)];
  });
  return [heading, ...blocks];
}

function isLong(name: string): boolean {
  return textWidth(name) > nameMax;
}

function valueTexts(device: ToldDevice): string[] {
  const shown = device.latest.slice(0, valuesMax).map((latest) => valueText(device, latest));
  const left = device.series - shown.length;
  return left === 0 ? shown : [...shown, `and ${countText(left)} more`];
}

function valueText({ nowUs, lastSeenUs }: ToldDevice, latest: LatestValue): string {
  const { channel, metric, unit, value, measuredAtUs } = latest;
  const name = channel === '' ? metric : `${channel}/${metric}`;
  const isOld = lastSeenUs - measuredAtUs > oldUs;
  const age = isOld ? ` (${ageText(nowUs - measuredAtUs)} old)` : '';
  const shown = value?.$case === 'text' ? quoted(value.value) : numberText(value?.value ?? 0);
  return printable(`${name} ${shown}${unit === '' ? '' : ` ${unit}`}${age}`);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > textMax ? `${text.slice(0, textMax - 1)}…` : text);
}

/** Floats that were converted have a long tail of digits; --json has them all. */
function numberText(value: number): string {
  return String(Number(value.toPrecision(7)));
}

/** The texts with a comma between them, on as few lines as they need. */
function wrapped(texts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [index, text] of texts.entries()) {
    const part = index === texts.length - 1 ? text : `${text},`;
    const joined = line === '' ? indent + part : `${line} ${part}`;
    if (line !== '' && textWidth(joined) > width) {
      lines.push(line);
      line = indent + part;
    } else {
      line = joined;
    }
  }
  return line === '' ? lines : [...lines, line];
}

function ageText(us: bigint): string {
  return durationText(Number(us) / 1000);
}

function rateText(perMinute: number): string {
  if (perMinute >= 100) return countText(Math.round(perMinute));
  return perMinute >= 1 ? perMinute.toFixed(1) : perMinute.toFixed(3);
}

export function deviceJson(device: ToldDevice): string {
  const { usualIntervalUs, readingsPerMinute } = device;
  return asciiControls({
    event: 'device',
    device: device.device,
    profile: device.profile === '' ? null : device.profile,
    firstSeenAt: isoTime(device.firstSeenUs),
    lastSeenAt: isoTime(device.lastSeenUs),
    silentSeconds: Number(device.nowUs - device.lastSeenUs) / 1_000_000,
    usualIntervalSeconds:
      usualIntervalUs === undefined ? null : Number(usualIntervalUs) / 1_000_000,
    readingsPerMinute: readingsPerMinute ?? null,
    isStale: device.isStale,
    readings: Number(device.readings),
    series: device.series,
    latest: device.latest.map((latest) => ({
      channel: latest.channel,
      metric: latest.metric,
      value: latest.value?.value ?? null,
      unit: latest.unit,
      source: latest.source,
      measuredAt: isoTime(latest.measuredAtUs),
      receivedAt: isoTime(latest.receivedAtUs),
    })),
  });
}
