// The tables of hot.duckdb. No primary keys: DuckDB would keep an index of each in memory, and
// every writer of these tables is the one log thread, which keeps them unique itself.

/** Raised with every change of the tables; a database of another version is not opened. */
export const SCHEMA_VERSION = 1;

/** The stream that every reading goes to unless a stream of its own claims it. */
export const DEFAULT_STREAM = 'readings';

export const createTables = [
  'create table if not exists meta (key varchar, value varchar)',
  'create table if not exists streams (id integer, name varchar)',
  `create table if not exists series (
     id integer, device varchar, channel varchar, metric varchar, unit varchar, source varchar)`,
  // A row a series: the device's sensors with their latest value. Written now and then, and made
  // good from the hot rows at start (meta `devices_as_of` is the first offset not yet in it).
  `create table if not exists devices (
     series integer, first_seen timestamp, last_seen timestamp, readings bigint,
     number double, text varchar, measured_at timestamp)`,
  `create table if not exists consumers (
     stream varchar, consumer varchar, next_offset bigint, committed_at timestamp)`,
  `create table if not exists dead_letters (
     id bigint, received_at timestamp, source varchar, topic varchar, profile varchar,
     reason varchar, detail varchar, flags utinyint, payload blob)`,
  `create table if not exists losses (
     stream varchar, first_offset bigint, last_offset bigint, count bigint,
     reason varchar, detail varchar, recorded_at timestamp)`,
] as const;

/** The newest readings of one stream, in offset order. */
export function createHotTable(streamId: number): string {
  return `create table if not exists ${hotTable(streamId)} (
     "offset" bigint, series integer, measured_at timestamp, received_at timestamp,
     number double, text varchar, quality utinyint)`;
}

export function hotTable(streamId: number): string {
  return `hot_${streamId}`;
}
