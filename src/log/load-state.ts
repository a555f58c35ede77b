// What a start reads back from the database: series, devices, positions, where each stream's rows
// lie. The devices' latest values lag behind by design and are made good from the rows after them.

import type { Database } from './database.ts';
import type { DeviceState } from './device-state.ts';
import type { Position } from './position.ts';
import { parseHotTable } from './schema.ts';
import type { Segment } from './segments/segment.ts';
import { loadSegments } from './segments/segment-registry.ts';
import type { SeriesState } from './series-state.ts';
import type { SeriesTable } from './series-table.ts';
import { runsOf, splitHotTable } from './split-hot-table.ts';
import { quoted } from './sql-text.ts';

export interface StoredStream {
  readonly id: number;
  readonly name: string;
  readonly segments: readonly Segment[];
  /** Offsets [first, next) of each hot table. */
  readonly hot: readonly { readonly first: number; readonly next: number }[];
  /** One past the last offset that anything stored tells of. */
  readonly next: number;
  /** The first offset that the devices' latest values do not hold yet. */
  readonly devicesAsOf: number;
}

/** Hot tables without rows are of no use; their names are for whoever drops them. */
export interface StoredStreams {
  readonly streams: readonly StoredStream[];
  readonly emptyTables: readonly string[];
}

export async function loadStreams(database: Database): Promise<StoredStreams> {
  const segments = await loadSegments(database);
  const meta = await loadMeta(database);
  const { tables, emptyTables } = await loadHotTables(database);
  const named = await database.rows('select id, name from streams order by id');
  const streams: StoredStream[] = [];
  for (const row of named) {
    const id = Number(row.id);
    const name = String(row.name);
    const hot = tables.filter(({ streamId }) => streamId === id);
    const sealed = segments.get(id) ?? [];
    const devicesAsOf = meta.get(`devices_as_of:${id}`) ?? 0;
    // An offset is never given twice: rows may be gone that something else still tells of.
    const ends = [
      ...hot.map(({ next }) => next),
      ...sealed.map(({ next }) => next),
      meta.get(`next:${id}`) ?? 0,
      devicesAsOf,
      await loadEnd(database, name),
    ];
    streams.push({ id, name, segments: sealed, hot, next: Math.max(...ends), devicesAsOf });
  }
  return { streams, emptyTables };
}

async function loadMeta(database: Database): Promise<Map<string, number>> {
  const rows = await database.rows("select key, value from meta where contains(key, ':')");
  return new Map(rows.map(({ key, value }) => [String(key), Number(value)]));
}

async function loadHotTables(database: Database): Promise<{
  tables: { streamId: number; first: number; next: number }[];
  emptyTables: string[];
}> {
  const tables: { streamId: number; first: number; next: number }[] = [];
  const emptyTables: string[] = [];
  for (const name of await database.tables()) {
    const parsed = parseHotTable(name);
    if (parsed === null) continue;
    const [range] = await database.rows(
      `select min("offset") as first, max("offset") + 1 as next, count(*) as rows from ${name}`,
    );
    const found = { first: Number(range?.first), next: Number(range?.next) };
    const rows = Number(range?.rows);
    const { streamId, first } = parsed;
    if (rows === 0) {
      emptyTables.push(name);
    } else if (found.first === first && found.next - first === rows) {
      tables.push({ streamId, ...found });
    } else {
      const runs = await runsOf(database, name);
      await splitHotTable(database, { streamId, table: name, runs });
      tables.push(...runs.map((run) => ({ streamId, ...run })));
    }
  }
  tables.sort((a, b) => a.first - b.first);
  return { tables, emptyTables };
}

async function loadEnd(database: Database, stream: string): Promise<number> {
  const name = quoted(stream);
  const [found] = await database.rows(
    `select greatest(
       (select max(next_offset) from consumers where stream = ${name}),
       (select max(last_offset) + 1 from losses where stream = ${name})) as next`,
  );
  return Number(found?.next ?? 0);
}

export async function loadSeries(database: Database, series: SeriesTable): Promise<void> {
  const rows = await database.rows(
    'select id, device, channel, metric, unit, source from series order by id',
  );
  for (const row of rows) {
    series.restore(Number(row.id), {
      device: String(row.device),
      channel: String(row.channel),
      metric: String(row.metric),
      unit: String(row.unit),
      source: String(row.source),
    });
  }
}

export async function loadDevices(
  database: Database,
  state: SeriesState,
  devices: DeviceState,
): Promise<void> {
  const rows = await database.rows(
    `select series, epoch_us(first_seen) as first_seen, epoch_us(last_seen) as last_seen, readings,
       number, text, epoch_us(measured_at) as measured_at from devices`,
  );
  const snapshots = rows.map((row) => ({
    series: Number(row.series),
    firstSeenUs: Number(row.first_seen),
    lastSeenUs: Number(row.last_seen),
    readings: Number(row.readings),
    value: typeof row.text === 'string' ? row.text : Number(row.number),
    measuredAtUs: Number(row.measured_at),
  }));
  for (const snapshot of snapshots) state.restore(snapshot);
  devices.restore(snapshots);
}

export async function loadPositions(database: Database): Promise<Position[]> {
  const rows = await database.rows(
    `select stream, consumer, next_offset, epoch_us(committed_at) as committed_at, kind, revision
     from consumers`,
  );
  return rows.map((row) => ({
    stream: String(row.stream),
    consumer: String(row.consumer),
    nextOffset: Number(row.next_offset),
    committedAtUs: Number(row.committed_at),
    kind: row.kind === 'group' ? 'group' : 'plain',
    revision: Number(row.revision),
  }));
}
