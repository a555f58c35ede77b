// What of a message counts already although the rest of it is a dead letter: kept with the letter as
// two checksums a reading, so that decoding it again stores each of its readings once.

import { crc32 } from 'node:zlib';
import type { DecodedReading } from '../core/reading.ts';

const BYTES_PER_READING = 8;

export function encodeParts(readings: readonly DecodedReading[]): Uint8Array {
  const bytes = Buffer.alloc(readings.length * BYTES_PER_READING);
  for (const [index, reading] of readings.entries()) {
    const { name, whole } = checksumsOf(reading);
    bytes.writeUInt32LE(name, index * BYTES_PER_READING);
    bytes.writeUInt32LE(whole, index * BYTES_PER_READING + 4);
  }
  return bytes;
}

/**
 * The readings that do not count yet. One that counts is known by name, value and time, or else, for a
 * mended profile may give another value, by its name alone; each stands for one reading.
 */
export function withoutParts(
  readings: readonly DecodedReading[],
  parts: Uint8Array,
): DecodedReading[] {
  const bytes = Buffer.from(parts.buffer, parts.byteOffset, parts.byteLength);
  const names = new Map<number, number>();
  const wholes = new Map<number, number>();
  for (let at = 0; at + BYTES_PER_READING <= bytes.length; at += BYTES_PER_READING) {
    add(names, bytes.readUInt32LE(at));
    add(wholes, bytes.readUInt32LE(at + 4));
  }
  const others = readings.filter((reading) => {
    const { name, whole } = checksumsOf(reading);
    return !(take(wholes, whole) && take(names, name));
  });
  return others.filter((reading) => !take(names, checksumsOf(reading).name));
}

function checksumsOf(reading: DecodedReading): { name: number; whole: number } {
  const { device, channel, metric, value, measuredAtUs } = reading;
  const name = crc32(`${device}\n${channel}\n${metric}`);
  return { name, whole: crc32(`\n${typeof value} ${value} ${measuredAtUs}`, name) };
}

function add(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function take(counts: Map<number, number>, key: number): boolean {
  const count = counts.get(key) ?? 0;
  if (count > 0) counts.set(key, count - 1);
  return count > 0;
}
