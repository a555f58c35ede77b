// What a log has in memory once it is open: filled from the database and from the config.

import { MillpondError } from '../core/errors.ts';
import type { ConsumerPositions } from './consumer-positions.ts';
import type { Database } from './database.ts';
import type { DeadLetterStore } from './dead-letter-store.ts';
import type { DeviceState } from './device-state.ts';
import type { GroupStore } from './groups/group-store.ts';
import type { Ledger } from './ledger.ts';
import { positionRecord, removalRecord } from './ledger-position.ts';
import {
  loadDevices,
  loadPositions,
  loadSeries,
  loadStreams,
  type StoredStream,
} from './load-state.ts';
import type { LogOptions } from './log-options.ts';
import { loadLosses } from './loss.ts';
import { positionKey } from './position.ts';
import { loadProducers } from './producer-table.ts';
import type { Producers } from './producers.ts';
import type { SeriesState } from './series-state.ts';
import type { SeriesTable } from './series-table.ts';
import type { StreamReader } from './stream-reader.ts';
import { noLimits } from './stream-settings.ts';
import { StreamState } from './stream-state.ts';
import type { Streams } from './streams.ts';
import { TailRing } from './tail-ring.ts';
import type { Watermarks } from './watermarks.ts';

export interface LoadParts {
  readonly options: LogOptions;
  readonly database: Database;
  readonly streams: Streams;
  readonly series: SeriesTable;
  readonly seriesState: SeriesState;
  readonly devices: DeviceState;
  readonly positions: ConsumerPositions;
  readonly groups: GroupStore;
  readonly producers: Producers;
  readonly deadLetters: DeadLetterStore;
  readonly ledger: Ledger;
  readonly watermarks: Watermarks;
  readonly reader: StreamReader;
}

const ROWS_AT_ONCE = 65_536;

/** Returns the newest time of arrival that it found, microseconds; 0 for none. */
export async function loadLog(parts: LoadParts): Promise<number> {
  const { database, options, streams } = parts;
  await loadSeries(database, parts.series);
  await loadDevices(database, parts.seriesState, parts.devices);
  const stored = await loadStreams(database);
  if (stored.emptyTables.length > 0) {
    await database.transaction(async () => {
      for (const table of stored.emptyTables) await database.writer.run(`drop table ${table}`);
    });
  }
  const nowUs = options.clock();
  for (const each of stored.streams) streams.add(restore(each, options, nowUs));
  await addConfigured(parts, stored.streams);
  for (const each of stored.streams) await catchUp(parts, each);
  parts.devices.listen(options.clock());
  for (const position of await loadPositions(database)) parts.positions.set(position);
  await parts.groups.load(database);
  await loadProducers(database, (name, sequence) => parts.producers.restore(name, sequence));
  const newestLetterUs = await parts.deadLetters.load(database, parts.ledger.state.deadLettersNext);
  await noteAll(parts);
  return Math.max(parts.seriesState.lastSeenUs, newestLetterUs);
}

// A ledger that is missing, or not whole, gets what the database has; a whole one has it already. The
// watermarks are of this run from here on.
async function noteAll(parts: LoadParts): Promise<void> {
  const { ledger, watermarks, streams, series, positions, deadLetters, database } = parts;
  const known = new Set(ledger.state.streams().map(({ name }) => name));
  for (const { id, name, highWatermark } of streams.all) {
    if (!known.has(name)) ledger.note({ kind: 'stream', id, name });
    watermarks.setStream(id, highWatermark);
    if (!ledger.isReserved(id, highWatermark)) ledger.raiseReserve(id, highWatermark);
  }
  const { nextId, storedCount } = deadLetters;
  watermarks.setDeadLetters(nextId - storedCount, nextId);
  notePositions(ledger, positions);
  if (ledger.found.isMissing || ledger.isDamaged) {
    for (const loss of await loadLosses(database)) ledger.noteLoss(loss);
    for (const [id, key] of series.keys.entries()) ledger.note({ kind: 'series', id, ...key });
  }
  await ledger.sync();
  watermarks.flush();
}

// Whatever a crash between the two, or damage, has left: from here on both say the same.
function notePositions(ledger: Ledger, positions: ConsumerPositions): void {
  const recorded = new Map(ledger.state.positions().map((each) => [positionKey(each), each]));
  for (const { revision } of [...recorded.values(), ...ledger.state.removals()]) {
    positions.noteRevision(revision);
  }
  for (const position of positions.all()) {
    const known = recorded.get(positionKey(position));
    const { revision, nextOffset } = position;
    if (known?.revision === revision && known.nextOffset === nextOffset) continue;
    ledger.note(positionRecord(position));
  }
  for (const record of recorded.values()) {
    if (positions.get(record.stream, record.consumer) === null) ledger.note(removalRecord(record));
  }
}

function restore(stored: StoredStream, options: LogOptions, nowUs: number): StreamState {
  const { id, name, next, segments, hot } = stored;
  const settings = options.streams.find((stream) => stream.name === name) ?? noLimits;
  const stream = new StreamState({ id, name, settings }, next, new TailRing(options.tailBytesMax));
  for (const segment of segments) stream.segments.add(segment);
  for (const table of hot) stream.restoreHot(table.first, table.next, nowUs);
  return stream;
}

/** Streams that the config names for the first time. */
async function addConfigured(
  { database, options, streams }: LoadParts,
  stored: readonly StoredStream[],
): Promise<void> {
  let id = stored.reduce((most, each) => Math.max(most, each.id), 0);
  for (const settings of options.streams) {
    const { name } = settings;
    if (stored.some((each) => each.name === name)) continue;
    id += 1;
    const added = id;
    await database.transaction(async () => {
      await database.writer.run('insert into streams values ($1, $2)', [added, name]);
    });
    streams.add(new StreamState({ id, name, settings }, 0, new TailRing(options.tailBytesMax)));
  }
}

/** The devices' latest values from the rows that came after they were written. */
async function catchUp(
  { streams, reader, seriesState, devices }: LoadParts,
  stored: StoredStream,
): Promise<void> {
  const stream = streams.byId(stored.id);
  let from = Math.max(stored.devicesAsOf, stream.lowWatermark);
  while (from < stream.highWatermark) {
    const { gap, runs, next } = await reader.read(stream, from, ROWS_AT_ONCE);
    for (const run of runs) {
      seriesState.note(run);
      devices.note(run);
    }
    from = gap === null ? next : gap.next;
    if (next < from) throw new MillpondError('INTERNAL', `reading ${stored.name} stands still`);
  }
}
