// Telegrams of smart meters' P1 ports (DSMR 5.0.2, 6.2): from `/` to `!`, and behind that the CRC16 of
// all of it. Meters before DSMR 4 send none; one that names its version does, so that a CRC which was
// lost is told from none.

import { computeChecksum } from './checksum.ts';

/** The object that holds the version of DSMR 4 and later. */
const VERSION_OBJECT = '1-3:0.2.8(';
const BANG = 0x21;

/** `telegram` begins with its slash; what follows the CRC's line is not looked at. */
export function isSoundTelegram(telegram: Buffer): boolean {
  const endAt = telegram.indexOf('\n!', 0, 'latin1') + 1;
  const bangAt = endAt > 0 ? endAt : telegram.lastIndexOf(BANG);
  if (bangAt < 0) return false;
  const rest = telegram.subarray(bangAt + 1, bangAt + 8).toString('latin1');
  const digits = rest.split(/[\r\n]/, 1)[0]!.trimEnd();
  if (digits === '') return !telegram.includes(VERSION_OBJECT, 0, 'latin1');
  if (!/^[0-9A-Fa-f]{4}$/.test(digits)) return false;
  const sum = computeChecksum('crc16-arc', telegram.subarray(0, bangAt + 1));
  return sum === Number.parseInt(digits, 16);
}
