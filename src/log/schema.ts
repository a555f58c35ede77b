// The tables of hot.duckdb. No primary keys: DuckDB would keep an index of each in memory, and
// every writer of these tables is the one log thread, which keeps them unique itself.

/** Raised with every change of the tables; `migrate.ts` brings older databases up to it. */
export const SCHEMA_VERSION = 3;

export const createTables = [
  'create table if not exists meta (key varchar, value varchar)',
  'create table if not exists streams (id integer, name varchar)',
  `create table if not exists series (
     id integer, device varchar, channel varchar, metric varchar, unit varchar, source varchar)`,
  // A row a series: the device's sensors with their latest value. Written now and then, and made
  // good from the rows that came after it at start (meta `devices_as_of:<stream>` is the first
  // offset not yet in it).
  `create table if not exists devices (
     series integer, first_seen timestamp, last_seen timestamp, readings bigint,
     number double, text varchar, measured_at timestamp)`,
  `create table if not exists consumers (
     stream varchar, consumer varchar, next_offset bigint, committed_at timestamp,
     kind varchar default 'plain', revision bigint default 0)`,
  // The highest sequence stored of each: a database without it, or an older gateway, is none the worse.
  `create table if not exists producers (
     producer varchar, sequence bigint, seen_at timestamp)`,
  `create table if not exists dead_letters (
     id bigint, received_at timestamp, source varchar, topic varchar, profile varchar,
     reason varchar, detail varchar, flags utinyint, payload blob)`,
  // Of a letter with parts that are readings: which those are (letter-parts.ts).
  'create table if not exists dead_letter_parts (id bigint, parts blob)',
  `create table if not exists losses (
     stream varchar, first_offset bigint, last_offset bigint, count bigint,
     reason varchar, detail varchar, recorded_at timestamp)`,
  // What of a group is settled above its position, of the position's revision: the sum of its rows,
  // each a set of offsets as `groups/offset-ranges.ts` writes it.
  `create table if not exists group_settled (
     stream varchar, consumer varchar, revision bigint, settled blob)`,
  `create table if not exists group_dead_letters (
     stream varchar, consumer varchar, "offset" bigint, series integer, measured_at timestamp,
     received_at timestamp, number double, text varchar, quality utinyint, failures integer,
     reason varchar, died_at timestamp)`,
  // The sealed files: offsets [first_offset, next_offset), the checksum of the whole file, and the
  // least and greatest time of arrival in it.
  `create table if not exists segments (
     stream integer, first_offset bigint, next_offset bigint, bytes bigint, crc32 bigint,
     first_received timestamp, last_received timestamp, sealed_at timestamp)`,
] as const;

/** Among a dead letter's flags, beside those of core/raw-message: parts of the message are readings. */
export const PARTIAL = 0x80;

/** The newest readings of one stream from `firstOffset` on, in offset order, without a hole. */
export function createHotTable(table: string): string {
  return `create table ${table} (
     "offset" bigint, series integer, measured_at timestamp, received_at timestamp,
     number double, text varchar, quality utinyint)`;
}

export function hotTable(streamId: number, firstOffset: number): string {
  return `hot_${streamId}_${firstOffset}`;
}

/** The stream and first offset in a hot table's name; null for any other table. */
export function parseHotTable(name: string): { streamId: number; first: number } | null {
  const found = /^hot_(\d+)_(\d+)$/.exec(name);
  return found === null ? null : { streamId: Number(found[1]), first: Number(found[2]) };
}
