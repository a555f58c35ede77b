// The ports for the terminal: a table, and below it what to write into the config.

import type { FoundPort } from '../../sources/serial/list-ports.ts';
import type { Heard } from '../../sources/serial/listen.ts';
import { type Look, plainLook } from '../terminal/look.ts';
import { headings, tableLines } from '../terminal/text-table.ts';

export interface ListedPort extends FoundPort {
  /** Null when it was not listened to. */
  readonly heard: Heard | null;
}

const SENSORS_SHOWN = 5;

export function portLines(
  ports: readonly ListedPort[],
  sensors: readonly string[],
  look: Look = plainLook,
): string[] {
  const lines = ports.length === 0 ? ['No serial port is there.'] : portTable(ports, look);
  const configs = ports.flatMap(configOf);
  if (configs.length > 0) lines.push('', 'serial:', ...configs);
  if (sensors.length === 0) return lines;
  const more = sensors.length - SENSORS_SHOWN;
  lines.push('', ...sensors.slice(0, SENSORS_SHOWN));
  if (more > 0) lines.push(`and ${more} more`);
  const path = '/sys/bus/w1/devices/28-*/w1_slave';
  lines.push('', 'serial:', `  - { path: ${path}, name: w1, framing: file, profile: onewire }`);
  return lines;
}

function portTable(ports: readonly ListedPort[], look: Look): string[] {
  const isHeard = ports.some(({ heard }) => heard !== null);
  const head = ['PORT', 'NAME FOR THE CONFIG', 'DEVICE', 'USB', ...(isHeard ? ['TALKS'] : [])];
  const rows = ports.map(({ path, link, product, usb, heard }) => [
    path,
    link ?? path,
    product || '-',
    usb || '-',
    ...(heard === null ? [] : [talkText(heard)]),
  ]);
  return tableLines(
    head.map(() => 'left'),
    [headings(head), ...rows],
    look,
  );
}

function talkText({ what, baudRate }: Heard): string {
  return baudRate === 0 ? what : `${what}, ${baudRate} baud`;
}

function configOf({ path, link, heard }: ListedPort): string[] {
  if (heard === null || heard.config === '') return [];
  return [`  - { path: ${link ?? path}, baudRate: ${heard.baudRate}, ${heard.config} }`];
}
