// The lines of ledger.jsonl: one JSON object each, its first member the CRC32 of what follows it up
// to the line's end. What does not match is skipped and counted; the lines around it still count.

import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { SeriesKey } from '../core/reading.ts';
import type { PositionRecord, RemovalRecord } from './ledger-position.ts';
import type { LossEntry } from './loss-book.ts';

/** Raised when a reader of the version before would understand the lines wrongly. */
export const LEDGER_VERSION = 1;

export type LedgerRecord =
  | { readonly kind: 'ledger'; readonly version: number }
  | { readonly kind: 'stream'; readonly id: number; readonly name: string }
  /** Offsets below `next` may have been given out. */
  | { readonly kind: 'reserve'; readonly stream: number; readonly next: number }
  | PositionRecord
  | RemovalRecord
  | ({ readonly kind: 'loss' } & LossEntry)
  | ({ readonly kind: 'series'; readonly id: number } & SeriesKey)
  | { readonly kind: 'dead_letters'; readonly nextId: number };

/** What was read of a file beside its records. */
export interface LedgerDamage {
  /** Whole lines that are not what was written. */
  readonly lines: number;
  readonly lineBytes: number;
  /** After the last line's end: a write that was cut off, which a crash explains. */
  readonly tornBytes: number;
}

const PREFIX = '{"crc":"';
const CRC_DIGITS = 8;
const BODY_START = PREFIX.length + CRC_DIGITS + 2;
const NEWLINE = 0x0a;
const READ_BYTES = 256 * 1024;
/** No record is nearly as long: what is, is damage, and is not kept in memory. */
const LINE_BYTES_MAX = 1024 * 1024;

/** With its line end. */
export function encodeRecord(record: LedgerRecord): string {
  const body = JSON.stringify(record).slice(1);
  return `${PREFIX}${crc32(body).toString(16).padStart(CRC_DIGITS, '0')}",${body}\n`;
}

/** Null for a line that is damaged. Of a later version's kinds nothing is asked but the checksum. */
export function decodeRecord(line: Buffer): LedgerRecord | null {
  if (line.length <= BODY_START || line.latin1Slice(0, PREFIX.length) !== PREFIX) return null;
  const written = line.latin1Slice(PREFIX.length, PREFIX.length + CRC_DIGITS);
  if (line.latin1Slice(PREFIX.length + CRC_DIGITS, BODY_START) !== '",') return null;
  const body = line.subarray(BODY_START);
  if (crc32(body).toString(16).padStart(CRC_DIGITS, '0') !== written) return null;
  try {
    return JSON.parse(`{${body.toString('utf8')}`) as LedgerRecord;
  } catch {
    return null;
  }
}

/** Calls `each` with every whole line of [0, end) of the file, damaged ones included. */
async function readLines(
  file: FileHandle,
  end: number,
  each: (line: Buffer) => void,
  afterSome: () => Promise<void>,
): Promise<{ overlongBytes: number; overlong: number; tornBytes: number }> {
  const chunk = Buffer.allocUnsafe(READ_BYTES);
  let rest = Buffer.alloc(0);
  let overlong = 0;
  let overlongBytes = 0;
  let skipped = 0;
  for (let at = 0; at < end; ) {
    const { bytesRead } = await file.read(chunk, 0, Math.min(READ_BYTES, end - at), at);
    if (bytesRead === 0) break;
    at += bytesRead;
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    let start = 0;
    for (;;) {
      const lineEnd = bytes.indexOf(NEWLINE, start);
      if (lineEnd < 0) break;
      if (skipped > 0) {
        overlong += 1;
        overlongBytes += skipped + lineEnd - start + 1;
        skipped = 0;
      } else {
        each(bytes.subarray(start, lineEnd));
      }
      start = lineEnd + 1;
    }
    rest = bytes.subarray(start);
    if (skipped > 0 || rest.length > LINE_BYTES_MAX) {
      skipped += rest.length;
      rest = Buffer.alloc(0);
    }
    await afterSome();
  }
  return { overlong, overlongBytes, tornBytes: skipped + rest.length };
}

/**
 * Calls `each` with every record of [0, end) that is whole, in their order, and between chunks of
 * the file waits for `afterSome`.
 */
export async function readRecords(
  file: FileHandle,
  end: number,
  each: (record: LedgerRecord) => void,
  afterSome: () => Promise<void> = async () => {},
): Promise<LedgerDamage> {
  let lines = 0;
  let lineBytes = 0;
  const take = (line: Buffer): void => {
    const record = decodeRecord(line);
    if (record !== null) {
      each(record);
      return;
    }
    lines += 1;
    lineBytes += line.length + 1;
  };
  const { overlong, overlongBytes, tornBytes } = await readLines(file, end, take, afterSome);
  return { lines: lines + overlong, lineBytes: lineBytes + overlongBytes, tornBytes };
}
