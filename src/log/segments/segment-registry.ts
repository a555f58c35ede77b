// The table `segments`: sealed files enter and leave it in one transaction with what they replace or
// what their loss means. Called between commits.

import type { Database } from '../database.ts';
import type { Losses } from '../loss.ts';
import type { Loss } from '../loss-book.ts';
import type { HotTable, StreamState } from '../stream-state.ts';
import type { Segment } from './segment.ts';

/** The segment takes the place of the hot table: durable when it resolves. */
export async function registerSegment(
  database: Database,
  stream: StreamState,
  sealed: { readonly segment: Segment; readonly table: HotTable },
): Promise<void> {
  const { segment, table } = sealed;
  const end = markMoving(stream);
  database.forget(table.name);
  try {
    await replaceTable(database, stream, sealed);
    stream.segments.add(segment);
    stream.dropHot(table);
  } finally {
    end();
  }
}

/** Returns what ends the move. */
function markMoving(stream: StreamState): () => void {
  let end = (): void => {};
  const moving = new Promise<void>((resolve) => {
    end = resolve;
  });
  stream.moving = moving;
  return () => {
    stream.moving = null;
    end();
  };
}

async function replaceTable(
  database: Database,
  stream: StreamState,
  { segment, table }: { readonly segment: Segment; readonly table: HotTable },
): Promise<void> {
  await database.transaction(async () => {
    const { writer } = database;
    await writer.run(
      `insert into segments values ($1, $2, $3, $4, $5, make_timestamp($6::bigint),
         make_timestamp($7::bigint), make_timestamp($8::bigint))`,
      [
        stream.id,
        BigInt(segment.first),
        BigInt(segment.next),
        BigInt(segment.bytes),
        BigInt(segment.crc32),
        BigInt(segment.firstReceivedUs),
        BigInt(segment.lastReceivedUs),
        BigInt(segment.sealedAtUs),
      ],
    );
    await writer.run(`drop table ${table.name}`);
  });
}

/** The segments are no longer part of the stream, and the losses say so: durable when it resolves. */
export async function unregisterSegments(
  database: Database,
  stream: StreamState,
  gone: {
    readonly segments: readonly Segment[];
    /** What that means; they come on record first. */
    readonly losses: readonly Loss[];
  },
  record: Losses,
): Promise<void> {
  if (gone.segments.length === 0) return;
  await record.record(gone.losses);
  await database.transaction(async () => {
    const { writer } = database;
    const firsts = gone.segments.map(({ first }) => first).join(', ');
    await writer.run(
      `delete from segments where stream = ${stream.id} and first_offset in (${firsts})`,
    );
    await writer.run(`delete from meta where key = 'next:${stream.id}'`);
    // Where nothing is left of a stream this alone says how far its offsets went.
    await writer.run(`insert into meta values ('next:${stream.id}', '${stream.highWatermark}')`);
    await record.write(writer, gone.losses);
  });
  for (const segment of gone.segments) stream.segments.remove(segment);
  stream.layoutVersion += 1;
}

/** The segments of each stream as they are registered, by the stream's number. */
export async function loadSegments(database: Database): Promise<Map<number, Segment[]>> {
  const rows = await database.rows(
    `select stream, first_offset, next_offset, bytes, crc32, epoch_us(first_received) as first_us,
       epoch_us(last_received) as last_us, epoch_us(sealed_at) as sealed_us
     from segments order by stream, first_offset`,
  );
  const byStream = new Map<number, Segment[]>();
  for (const row of rows) {
    const id = Number(row.stream);
    const segments = byStream.get(id) ?? [];
    segments.push({
      first: Number(row.first_offset),
      next: Number(row.next_offset),
      bytes: Number(row.bytes),
      crc32: Number(row.crc32),
      firstReceivedUs: Number(row.first_us),
      lastReceivedUs: Number(row.last_us),
      sealedAtUs: Number(row.sealed_us),
    });
    byStream.set(id, segments);
  }
  return byStream;
}
