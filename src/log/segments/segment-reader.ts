// Reads rows out of sealed segments, a block (a row group) at a time: DuckDB needs about as long for
// one as for a part of it. The blocks read last stay in memory, bounded by bytes, and the one that
// follows is read ahead, so that a consumer that catches up seldom waits for a file.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { ReadingColumns } from '../../core/reading.ts';
import { columnBytes } from '../column-builder.ts';
import type { Database } from '../database.ts';
import type { Lane } from '../lane.ts';
import { blockColumnList, readBlock } from '../result-columns.ts';
import { quoted } from '../sql-text.ts';
import type { StreamState } from '../stream-state.ts';
import { type Segment, segmentPath } from './segment.ts';

/** Rows of a Parquet row group as the log writes them, and of a block as it reads them. */
export const BLOCK_ROWS = 30_720;

const CHECKED_BYTES = 256 * 1024;

/** A segment that is missing or is not what was sealed. */
export class SegmentDamaged extends Error {
  override readonly name = 'SegmentDamaged';
  readonly segment: Segment;
  readonly reason: 'segment_missing' | 'segment_damaged';

  constructor(segment: Segment, reason: 'segment_missing' | 'segment_damaged', detail: string) {
    super(detail);
    this.segment = segment;
    this.reason = reason;
  }
}

interface Block {
  readonly columns: Promise<ReadingColumns>;
  bytes: number;
}

export interface SegmentReaderOptions {
  readonly directory: string;
  readonly database: () => Database;
  readonly lane: Lane;
  readonly cacheBytesMax: number;
}

export class SegmentReader {
  readonly #options: SegmentReaderOptions;
  /** The least recently used first. */
  readonly #blocks = new Map<string, Block>();
  readonly #checked = new WeakSet<Segment>();
  readonly #withTexts = new WeakSet<Segment>();
  #bytes = 0;

  constructor(options: SegmentReaderOptions) {
    this.#options = options;
  }

  /**
   * The block that holds `offset`, whole: rows [first, first + count) with `first` at or before
   * `offset`. Throws SegmentDamaged.
   */
  async block(stream: StreamState, segment: Segment, offset: number): Promise<ReadingColumns> {
    const first = offset - ((offset - segment.first) % BLOCK_ROWS);
    const columns = await this.#load(stream, segment, first);
    this.#readAhead(stream, segment, first + BLOCK_ROWS);
    return columns;
  }

  /** The first offset of the segment received at or after `timeUs`. Throws SegmentDamaged. */
  async offsetAtTime(
    stream: StreamState,
    segment: Segment,
    timeUs: number,
  ): Promise<number | null> {
    const sql = `select min("offset") from read_parquet(${this.#quoted(stream, segment)})
      where received_at >= make_timestamptz(${timeUs}::bigint)`;
    const found = await this.#use(stream, segment, async () => {
      const result = await this.#options.database().segments.runAndReadAll(sql);
      return result.getRows()[0]?.[0];
    });
    return found === null || found === undefined ? null : Number(found);
  }

  #load(stream: StreamState, segment: Segment, first: number): Promise<ReadingColumns> {
    const key = `${stream.id}/${first}`;
    const known = this.#blocks.get(key);
    if (known !== undefined) {
      this.#blocks.delete(key);
      this.#blocks.set(key, known);
      return known.columns;
    }
    const block: Block = { columns: this.#read(stream, segment, first), bytes: 0 };
    this.#blocks.set(key, block);
    block.columns.then(
      (columns) => this.#keep(key, block, columnBytes(columns)),
      () => this.#forget(key, block),
    );
    return block.columns;
  }

  #keep(key: string, block: Block, bytes: number): void {
    if (this.#blocks.get(key) !== block) return;
    block.bytes = bytes;
    this.#bytes += bytes;
    for (const [oldest, { bytes: freed }] of this.#blocks) {
      if (this.#bytes <= this.#options.cacheBytesMax) return;
      if (freed === 0) continue;
      this.#blocks.delete(oldest);
      this.#bytes -= freed;
    }
  }

  #forget(key: string, block: Block): void {
    if (this.#blocks.get(key) === block) this.#blocks.delete(key);
  }

  #readAhead(stream: StreamState, segment: Segment, offset: number): void {
    // Only with room for what is in use and what follows it.
    if (3 * BLOCK_ROWS * 64 > this.#options.cacheBytesMax) return;
    const next = offset < segment.next ? segment : stream.segments.atOrAfter(offset);
    if (next === null) return;
    // Whoever comes to read it meets the same failure and deals with it.
    this.#load(stream, next, Math.max(offset, next.first)).catch(() => undefined);
  }

  #read(stream: StreamState, segment: Segment, first: number): Promise<ReadingColumns> {
    const until = Math.min(first + BLOCK_ROWS, segment.next);
    return this.#use(stream, segment, async () => {
      const columns = await this.#readRows(stream, segment, { first, until });
      if (columns.count === until - first) return columns;
      const detail = `it has ${columns.count} of the rows [${first}, ${until})`;
      throw new SegmentDamaged(segment, 'segment_damaged', detail);
    });
  }

  // Most segments have no texts, and the column takes a quarter of the time all the same.
  async #readRows(
    stream: StreamState,
    segment: Segment,
    { first, until }: { first: number; until: number },
  ): Promise<ReadingColumns> {
    const read = async (list: string): Promise<ReadingColumns | null> => {
      const sql = `select ${list} from read_parquet(${this.#quoted(stream, segment)})
        where "offset" >= ${first} and "offset" < ${until}`;
      return readBlock(await this.#options.database().segments.run(sql), first);
    };
    const { withTexts, withoutTexts } = blockColumnList;
    const plain = this.#withTexts.has(segment) ? null : await read(withoutTexts);
    if (plain !== null) return plain;
    this.#withTexts.add(segment);
    return (await read(withTexts)) as ReadingColumns;
  }

  #use<T>(stream: StreamState, segment: Segment, read: () => Promise<T>): Promise<T> {
    return this.#options.lane.run(async () => {
      if (!this.#checked.has(segment)) {
        await checkSegment(
          segmentPath(this.#options.directory, stream.name, segment.first),
          segment,
        );
        this.#checked.add(segment);
      }
      return read();
    });
  }

  #quoted(stream: StreamState, segment: Segment): string {
    return quoted(segmentPath(this.#options.directory, stream.name, segment.first));
  }
}

/**
 * Reads the file whole and holds its checksum against the one it was sealed with: a flipped bit in a
 * page need not keep it from being decoded. Throws SegmentDamaged, or the system's error where it
 * says nothing about the file.
 */
export async function checkSegment(path: string, segment: Segment): Promise<void> {
  try {
    const { bytes, checksum } = await checksumOf(path);
    if (bytes === segment.bytes && checksum === segment.crc32) return;
    const detail = `it has ${bytes} bytes with the checksum ${checksum}, not ${segment.bytes} with ${segment.crc32}`;
    throw new SegmentDamaged(segment, 'segment_damaged', detail);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new SegmentDamaged(segment, 'segment_missing', 'it is not there');
    if (code === 'EACCES' || code === 'EPERM' || code === 'EISDIR') {
      throw new SegmentDamaged(segment, 'segment_damaged', `it cannot be read: ${code}`);
    }
    throw thrown;
  }
}

/** Whether the file is as it was sealed. Throws the system's error where it says nothing about it. */
export async function isSegmentSound(path: string, segment: Segment): Promise<boolean> {
  try {
    await checkSegment(path, segment);
    return true;
  } catch (thrown) {
    if (thrown instanceof SegmentDamaged) return false;
    throw thrown;
  }
}

/** The size of a file and the CRC-32 of its bytes. */
export async function checksumOf(path: string): Promise<{ bytes: number; checksum: number }> {
  const file = await open(path, constants.O_RDONLY);
  try {
    const buffer = Buffer.allocUnsafeSlow(CHECKED_BYTES);
    let checksum = 0;
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, bytes);
      if (bytesRead === 0) return { bytes, checksum };
      checksum = crc32(buffer.subarray(0, bytesRead), checksum);
      bytes += bytesRead;
    }
  } finally {
    await file.close();
  }
}
