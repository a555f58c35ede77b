// The lower part of the status screen: one line for each thing worth knowing.

import type { GetStatusResponse } from '../../generated/millpond/v1/admin_service.ts';
import { printable } from '../../observability/printable.ts';
import { bytesText, countText } from '../amount-text.ts';
import { tableLines } from '../terminal/text-table.ts';

export function factLines(status: GetStatusResponse): string[] {
  const { log, disk, flash } = status;
  const facts = [
    ['Dead letters', countText(status.deadLetters)],
    ['Lost', lostText(status)],
    ['Devices', devicesText(status)],
    [
      'Connections',
      `${countText(status.mqttConnections)} MQTT, ${countText(status.subscribers)} subscribers`,
    ],
  ];
  if (log !== undefined) facts.push(['Log on disk', logText(log)]);
  if (disk !== undefined) facts.push(['Disk', diskText(disk)]);
  if (flash !== undefined) {
    const payload = bytesText(flash.payloadBytes);
    const readings = flash.readings === 1n ? '1 reading' : `${countText(flash.readings)} readings`;
    facts.push(['Taken', `${payload} of payload, ${readings}`]);
    facts.push(['Written', writtenText(flash)]);
  }
  if (log !== undefined) facts.push(['Commits', commitText(log)]);
  const findings = status.recovery?.findings ?? 0;
  if (findings > 0) {
    facts.push(['Last start', `put ${countText(findings)} things right; see millpond doctor`]);
  }
  return tableLines(['left', 'left'], facts);
}

function devicesText({ devices, staleDevices, log }: GetStatusResponse): string {
  const all = `${countText(devices)}, in ${countText(log?.series ?? 0)} series`;
  return staleDevices === 0n
    ? all
    : `${all}; ${countText(staleDevices)} STALE, see millpond devices --stale`;
}

function lostText({ lost }: GetStatusResponse): string {
  const sum = Object.values(lost).reduce((total, count) => total + count, 0n);
  return sum === 0n ? 'nothing' : `${countText(sum)}; see millpond losses`;
}

function logText(log: NonNullable<GetStatusResponse['log']>): string {
  const waiting = log.queueBytes === 0n ? 'nothing' : bytesText(log.queueBytes);
  return `${bytesText(log.databaseBytes)} database, ${bytesText(log.walBytes)} write-ahead log; ${waiting} waiting`;
}

function diskText({ freeBytes, sizeBytes, state }: NonNullable<GetStatusResponse['disk']>): string {
  const room =
    sizeBytes === 0n ? 'unknown' : `${bytesText(freeBytes)} of ${bytesText(sizeBytes)} free`;
  return state === 'ok' ? room : `${room}; ${printable(state).toUpperCase().replace('_', ' ')}`;
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
