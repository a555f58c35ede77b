// Reads sealed files whole, in the process for what may be damaged: their checksum, and that they
// are what a segment is, with every row decoded.

import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { quoted } from '../sql-text.ts';
import type { RecoveryRequest, SegmentAnswer } from './request.ts';
import type { Session } from './session.ts';

const READ_BYTES = 256 * 1024;

export async function inspectSegments(
  session: Session,
  request: Extract<RecoveryRequest, { kind: 'segments' }>,
): Promise<SegmentAnswer[]> {
  const answers: SegmentAnswer[] = [];
  for (const path of request.paths) {
    const nothing = { path, bytes: 0, crc32: 0, first: 0, next: 0 };
    const unread: SegmentAnswer = {
      ...nothing,
      firstReceivedUs: 0,
      lastReceivedUs: 0,
      problem: '',
    };
    try {
      const sum = checksumOf(path);
      const rest = request.isChecksumOnly ? {} : await decode(session, path);
      answers.push({ ...unread, ...sum, ...rest });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      answers.push({ ...unread, problem: text.slice(0, 300) });
    }
  }
  return answers;
}

async function decode(session: Session, path: string): Promise<Partial<SegmentAnswer>> {
  // Every column is in the hash, so every page is read.
  const [row] = await session.rows(
    `select count(*), min("offset"), max("offset"), epoch_us(min(received_at)),
       epoch_us(max(received_at)), (bit_xor(hash("offset", series, device, channel, metric, unit,
       source, measured_at, received_at, number, text, quality)) & 1)::bigint,
       min("offset" - file_row_number), max("offset" - file_row_number)
     from read_parquet(${quoted(path)}, file_row_number = true)`,
  );
  const [rows = 0, first = 0, last = 0, firstReceivedUs = 0, lastReceivedUs = 0, , low, high] = (
    row ?? []
  ).map(Number);
  // Readers take the rows as they come.
  const isInOrder = low === first && high === first;
  const isDense = rows > 0 && last - first + 1 === rows && isInOrder;
  const problem = isDense ? '' : `has ${rows} rows of offsets ${first} to ${last}`;
  return { first, next: last + 1, firstReceivedUs, lastReceivedUs, problem };
}

function checksumOf(path: string): { bytes: number; crc32: number } {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    let sum = 0;
    let bytes = 0;
    for (;;) {
      const read = readSync(file, buffer, 0, READ_BYTES, bytes);
      if (read === 0) return { bytes, crc32: sum };
      sum = crc32(buffer.subarray(0, read), sum);
      bytes += read;
    }
  } finally {
    closeSync(file);
  }
}
