// The lower part of the status screen: one line for each thing worth knowing.

import type { GetStatusResponse } from '../../generated/millpond/v1/admin_service.ts';
import { printable } from '../../observability/printable.ts';
import { bytesText, counted, countText } from '../amount-text.ts';
import { type Look, plainLook } from '../terminal/look.ts';
import { type Cell, tableLines } from '../terminal/text-table.ts';
import { durationText } from '../time-text.ts';

/** A disk that lasts no longer is worth a colour. */
const SOON_MS = 7 * 86_400_000;

export function factLines(status: GetStatusResponse, look: Look = plainLook): string[] {
  const { log, disk, flash } = status;
  const facts: [name: string, fact: Cell][] = [
    ['Dead letters', countText(status.deadLetters)],
    ['Lost', lostCell(status)],
    ['Devices', devicesCell(status)],
    [
      'Connections',
      `${countText(status.mqttConnections)} MQTT, ${counted(status.subscribers, 'subscriber')}`,
    ],
  ];
  if (log !== undefined) facts.push(['Log on disk', logText(log)]);
  if (disk !== undefined) facts.push(['Disk', diskCell(disk, status.nowUs)]);
  if (flash !== undefined) {
    const payload = bytesText(flash.payloadBytes);
    facts.push(['Taken', `${payload} of payload, ${counted(flash.readings, 'reading')}`]);
    facts.push(['Written', writtenText(flash)]);
  }
  if (log !== undefined) facts.push(['Commits', commitText(log)]);
  const findings = status.recovery?.findings ?? 0;
  if (findings > 0) {
    facts.push(['Last start', `put ${counted(findings, 'thing')} right; see millpond doctor`]);
  }
  const rows = facts.map(([text, fact]): Cell[] => [{ text, tone: 'heading' }, fact]);
  return tableLines(['left', 'left'], rows, look);
}

function devicesCell({ devices, staleDevices, log }: GetStatusResponse): Cell {
  const all = `${countText(devices)}, in ${countText(log?.series ?? 0)} series`;
  if (staleDevices === 0n) return all;
  const text = `${all}; ${countText(staleDevices)} STALE, see millpond devices --stale`;
  return { text, tone: 'warning' };
}

function lostCell({ lost }: GetStatusResponse): Cell {
  const sum = Object.values(lost).reduce((total, count) => total + count, 0n);
  if (sum === 0n) return 'nothing';
  return { text: `${countText(sum)}; see millpond losses`, tone: 'warning' };
}

function logText(log: NonNullable<GetStatusResponse['log']>): string {
  const waiting = log.queueBytes === 0n ? 'nothing' : bytesText(log.queueBytes);
  return `${bytesText(log.databaseBytes)} database, ${bytesText(log.walBytes)} write-ahead log; ${waiting} waiting`;
}

function diskCell(disk: NonNullable<GetStatusResponse['disk']>, nowUs: bigint): Cell {
  const { freeBytes, sizeBytes, state, fullAtUs } = disk;
  const room =
    sizeBytes === 0n ? 'unknown' : `${bytesText(freeBytes)} of ${bytesText(sizeBytes)} free`;
  if (state === 'ok') {
    if (fullAtUs === undefined) return room;
    const leftMs = Number(fullAtUs - nowUs) / 1000;
    const text = `${room}, full in ${durationText(leftMs)} at this rate`;
    return leftMs > SOON_MS ? text : { text, tone: 'warning' };
  }
  return { text: `${room}; ${printable(state).toUpperCase().replace('_', ' ')}`, tone: 'problem' };
}

function writtenText(flash: NonNullable<GetStatusResponse['flash']>): string {
  const { writtenBytes, writtenBytesPerReading, writtenBytesPerDay } = flash;
  if (writtenBytes === undefined) return 'unknown';
  const rates: string[] = [];
  if (writtenBytesPerReading !== undefined) {
    rates.push(`${bytesText(writtenBytesPerReading)} a reading`);
  }
  if (writtenBytesPerDay !== undefined) rates.push(`${bytesText(writtenBytesPerDay)} a day now`);
  const total = bytesText(writtenBytes);
  return rates.length === 0 ? total : `${total}; ${rates.join(', ')}`;
}

function commitText(log: NonNullable<GetStatusResponse['log']>): string {
  if (log.commits === 0n) return 'none yet';
  const half = `half within ${log.commitMsP50.toFixed(1)} ms`;
  return `${countText(log.commits)}; of the last thousand ${half}, 99 % within ${log.commitMsP99.toFixed(1)} ms`;
}
