// Every option there is: type, range, default and reason, in one place. The reference page
// (docs/configuration.md), the JSON Schema for editors and the error messages come from here.

import { z } from 'zod';
import { consume } from './consume-schema.ts';
import { http } from './http-schema.ts';
import { address, choice, count, duration, flag, folder, folders, size } from './option.ts';
import { serial } from './serial-schema.ts';
import { streams } from './stream-schema.ts';

const mqtt = z.strictObject({
  listen: address('127.0.0.1:1883', 'Where MQTT devices connect. Port 0 takes a free one.'),
  packetBytesMax: size({
    byDefault: '256KiB',
    min: '1KiB',
    max: '16MiB',
    why: 'The largest MQTT packet taken; a larger one closes its connection. Readings are small: what is larger is a mistake or an attack.',
  }),
  topicBytesMax: size({
    byDefault: '1KiB',
    min: '16B',
    max: '65535B',
    why: 'The longest topic taken, in UTF-8. Topics become device names, which are kept in memory.',
  }),
  topicLevelsMax: count({
    unit: 'levels',
    byDefault: 32,
    min: 1,
    // The broker's matcher throws beyond it.
    max: 100,
    why: 'The most levels (parts between slashes) of a topic. The cost of matching grows with them.',
  }),
  connectionsMax: count({
    unit: 'connections',
    byDefault: 1000,
    min: 1,
    max: 100_000,
    why: 'Connections open at one time; one more is closed at once. Each holds buffers and a file descriptor.',
  }),
  inflightBytesMax: size({
    byDefault: '8MiB',
    min: '64KiB',
    max: '1GiB',
    why: 'Messages taken but not yet on disk, over all connections. Beyond it the sockets are not read, so that devices wait instead of memory growing.',
  }),
  clientIdBytesMax: size({
    byDefault: '256B',
    min: '23B',
    max: '65535B',
    why: 'The longest client identifier taken. Every server must take 23 bytes (MQTT 3.1.1, 3.1.3.1).',
  }),
  connectTimeout: duration({
    byDefault: '10s',
    min: '100ms',
    max: '10m',
    why: 'A connection that has not sent its CONNECT packet by then is closed.',
  }),
  drainTimeout: duration({
    byDefault: '30s',
    min: '100ms',
    max: '1h',
    why: 'A subscriber that reads nothing for so long while messages wait for it is disconnected, so that it cannot hold memory.',
  }),
  sessionsMax: count({
    unit: 'sessions',
    byDefault: 10_000,
    min: 1,
    max: 1_000_000,
    why: 'Sessions kept for clients that are away (clean session off). Beyond it the oldest is dropped.',
  }),
  retainedMax: count({
    unit: 'messages',
    byDefault: 10_000,
    min: 0,
    max: 1_000_000,
    why: 'Retained messages kept for later subscribers. They live in memory.',
  }),
  subscriptionsMax: count({
    unit: 'subscriptions',
    byDefault: 100,
    min: 1,
    max: 100_000,
    why: 'Topic filters that one client may subscribe to. The log is read over gRPC; MQTT subscriptions are for commands to devices.',
  }),
  sessionExpiryMax: duration({
    byDefault: '7d',
    min: '1s',
    max: '365d',
    why: 'The session of a client that stays away longer is forgotten.',
  }),
  sparkplugRebirth: flag(
    true,
    'Asks a Sparkplug node to be born again (NCMD, Node Control/Rebirth) when it sends aliases that no birth explains, as after a restart of the gateway. It is the only command that the gateway sends.',
  ),
});

const grpc = z.strictObject({
  listen: address(
    '127.0.0.1:50051',
    'Where processors connect over gRPC. Port 0 takes a free one.',
  ),
  subscribersMax: count({
    unit: 'streams',
    byDefault: 1000,
    min: 1,
    max: 100_000,
    why: 'Subscriptions open at one time; one more is refused with SUBSCRIBER_LIMIT.',
  }),
  publishersMax: count({
    unit: 'calls',
    byDefault: 1000,
    min: 1,
    max: 100_000,
    why: 'Publish calls open at one time; one more is refused with PUBLISHER_LIMIT.',
  }),
  batchReadingsMax: count({
    unit: 'readings',
    byDefault: 2048,
    min: 1,
    max: 65_536,
    why: 'Readings in one batch: the default and the upper limit of max_batch. Larger batches gain no speed and delay the first reading.',
  }),
  batchBytesMax: size({
    byDefault: '512KiB',
    min: '32KiB',
    max: '3MiB',
    why: 'Encoded bytes of one fetch, and so of one batch; a single larger reading goes beyond it. Clients refuse messages over 4 MiB unless told otherwise.',
  }),
  arrowBatchReadingsMax: count({
    unit: 'readings',
    byDefault: 30_720,
    min: 1,
    max: 65_536,
    why: 'Readings in one Arrow batch: the default and the upper limit of max_batch with FORMAT_ARROW. Columns gain by their length: every batch repeats the schema and the names of its series.',
  }),
  arrowBatchBytesMax: size({
    byDefault: '2MiB',
    min: '32KiB',
    max: '3MiB',
    why: 'Encoded bytes of one fetch in Arrow, and so of one batch; a single larger reading goes beyond it. Clients refuse messages over 4 MiB unless told otherwise.',
  }),
  readAheadBytesMax: size({
    byDefault: '32MiB',
    min: '1MiB',
    max: '1GiB',
    why: 'Encoded batches waiting for subscribers, over all of them. Each subscription may hold two fetches of 32 KiB even when it is used up, so that none starves: memory is bounded by this and subscribersMax.',
  }),
  progressInterval: duration({
    byDefault: '5s',
    min: '100ms',
    max: '1h',
    why: 'A subscriber for whom nothing matched is told how far the log was read after so long.',
  }),
  keepaliveTime: duration({
    byDefault: '30s',
    min: '1s',
    max: '1h',
    why: 'A silent connection is pinged after so long. Consumers on mobile networks vanish without a word.',
  }),
  keepaliveTimeout: duration({
    byDefault: '10s',
    min: '1s',
    max: '10m',
    why: 'A connection whose ping stays unanswered for so long is closed.',
  }),
  requestBytesMax: size({
    byDefault: '1MiB',
    min: '1KiB',
    max: '64MiB',
    why: 'The largest request message taken.',
  }),
});

const log = z.strictObject({
  commitInterval: duration({
    byDefault: '0ms',
    min: '0ms',
    max: '1m',
    why: 'The shortest time from one commit to the next. 0 commits again as soon as the last commit ended. More spares the flash of an SD card and delays acknowledgements by as much.',
  }),
  queueBytesMax: size({
    byDefault: '32MiB',
    min: '1MiB',
    max: '4GiB',
    why: 'Messages waiting to be decoded and committed. At the limit sources stop reading.',
  }),
  duckdbMemoryMax: size({
    byDefault: '64MiB',
    min: '32MiB',
    max: '64GiB',
    why: "DuckDB's memory limit. It leaves room for the rest on a machine with 1 GB.",
  }),
  checkpointBytes: size({
    byDefault: '8MiB',
    min: '1MiB',
    max: '4GiB',
    why: 'The size of the write-ahead log at which DuckDB checkpoints. Less means a quicker start after a crash, more means fewer writes.',
  }),
  tailBytesMax: size({
    byDefault: '4MiB',
    min: '64KiB',
    max: '1GiB',
    why: 'The newest batches, kept in memory for subscribers at the tail so that they cost no database read.',
  }),
  consumersMax: count({
    unit: 'consumers',
    byDefault: 1000,
    min: 1,
    max: 1_000_000,
    why: 'Named consumers with a committed offset. One more is refused with CONSUMER_LIMIT.',
  }),
  producersMax: count({
    unit: 'producers',
    byDefault: 10_000,
    min: 1,
    max: 1_000_000,
    why: 'Producers of messages over gRPC whose highest sequence is remembered. Beyond it the one heard of longest ago is forgotten: what it sends again is then stored again.',
  }),
  seriesMax: count({
    unit: 'series',
    byDefault: 1_000_000,
    min: 1000,
    max: 16_000_000,
    why: 'Series (device, channel, metric, unit, source) kept. Beyond it messages with new ones are dead letters: a device that puts a counter into its name must not fill the memory.',
  }),
  sealRows: count({
    unit: 'readings',
    byDefault: 100_000,
    min: 100,
    max: 10_000_000,
    why: "Readings of a stream in one segment: so many are sealed into one Parquet file. More compress a little better, and make DuckDB's own file and the steps in which retention drops readings larger.",
  }),
  sealAge: duration({
    byDefault: '1h',
    min: '1s',
    max: '365d',
    why: 'A segment that is not full is sealed after so long all the same. Less lets other programs read a quiet stream sooner, and makes more and smaller files.',
  }),
  bytesMax: size({
    byDefault: '0B',
    min: '0B',
    max: '16TiB',
    why: 'What the whole data directory takes on disk. Beyond it the oldest segments of all streams are dropped, and streams that refuse take nothing more. 0 sets no limit but the disk.',
  }),
  diskFreeMin: size({
    byDefault: '64MiB',
    min: '0B',
    max: '16TiB',
    why: 'With less than this free on its disk the log counts the disk as full, and drops or refuses before it is. The rest of the machine needs some space as well.',
  }),
  reserveBytes: size({
    byDefault: '8MiB',
    min: '0B',
    max: '16GiB',
    why: 'Space taken in advance and given back when the disk is full, so that retention and a clean stop still work with no byte free.',
  }),
  segmentCacheBytesMax: size({
    byDefault: '8MiB',
    min: '0B',
    max: '4GiB',
    why: 'Readings out of sealed segments, kept in memory for consumers that read the same history one after the other.',
  }),
  lossesMax: count({
    unit: 'losses',
    byDefault: 10_000,
    min: 100,
    max: 1_000_000,
    why: 'Losses recorded one by one. Beyond it the oldest are joined by stream and reason, so that the books still balance.',
  }),
  quarantineBytesMax: size({
    byDefault: '1GiB',
    min: '0B',
    max: '16TiB',
    why: 'What could not be read and was set aside, in quarantine/. Beyond it a start removes the oldest of what earlier starts found there, never the last. 0 keeps all.',
  }),
  deadLettersMax: count({
    unit: 'messages',
    byDefault: 100_000,
    min: 1,
    max: 10_000_000,
    why: 'Dead letters kept. Beyond it the oldest are dropped and recorded as a loss.',
  }),
  deadLetterBytesMax: size({
    byDefault: '8MiB',
    min: '1MiB',
    max: '16GiB',
    why: 'Bytes of dead letters kept, at most a quarter of log.duckdbMemoryMax. Beyond it the oldest are dropped and recorded as a loss.',
  }),
  deadLetterAge: duration({
    byDefault: '30d',
    min: '0ms',
    max: '3650d',
    why: 'Dead letters received longer ago are dropped and recorded as a loss, within an hour of it. 0 keeps them whatever their age.',
  }),
});

const query = z.strictObject({
  concurrentMax: count({
    unit: 'queries',
    byDefault: 2,
    min: 0,
    max: 100,
    why: 'SQL queries that run at one time, each in a process of its own with query.memoryMax; others wait. 0 turns queries off.',
  }),
  waitingMax: count({
    unit: 'queries',
    byDefault: 16,
    min: 0,
    max: 10_000,
    why: 'Queries that wait for their turn; one more is refused with QUERY_BUSY.',
  }),
  memoryMax: size({
    byDefault: '192MiB',
    min: '64MiB',
    max: '64GiB',
    why: 'What DuckDB may take for one query. The process takes some 80 MB beside it, and is ended when it takes much more. Nothing is written to the disk: what does not fit fails with QUERY_MEMORY.',
  }),
  timeLimit: duration({
    byDefault: '30s',
    min: '100ms',
    max: '24h',
    why: 'A query that is not done and delivered after so long ends with QUERY_TIMEOUT. Segments that retention drops stay on the disk while a query runs.',
  }),
  niceness: count({
    unit: 'steps',
    byDefault: 15,
    min: 0,
    max: 19,
    why: 'How far queries stand back for what comes in, as nice(1) counts: at 15 they get a thirtieth of a core that something else wants, at 0 half of it. What nobody else wants they have in any case.',
  }),
  idleTime: duration({
    byDefault: '1m',
    min: '0ms',
    max: '24h',
    why: 'How long the process of a query is kept for the next one, which then starts a third of a second sooner.',
  }),
});

const logger = z.strictObject({
  level: choice(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'info',
    'The least severe lines written to standard error.',
  ),
  format: choice(
    ['auto', 'json', 'pretty'],
    'auto',
    'auto writes lines for people on a terminal and JSON everywhere else.',
  ),
});

export const configSchema = z.strictObject({
  dataDir: folder(
    './data',
    'The folder that holds the log. One gateway at a time uses it. A relative path starts at the folder in which the gateway was started.',
  ),
  preset: choice(
    ['none', 'sd-card'],
    'none',
    'Other defaults for a kind of machine: sd-card writes less often, so that a card lasts. What is set in the file or the environment still wins.',
  ),
  allowAnonymous: flag(
    false,
    'Allows listening beyond this machine although nobody is asked who they are. For networks in which every device is trusted.',
  ),
  maxClockSkew: duration({
    byDefault: '24h',
    min: '1s',
    max: '3650d',
    why: "A device's own time that is off by more is kept, and marked in the reading's quality. Clocks without a battery start in 1970.",
  }),
  profiles: folders(
    'Folders with device profiles of your own, beside those that come with Millpond. A relative path starts at the folder in which the gateway was started.',
  ),
  mqtt: mqtt.prefault({}).describe('The way in for MQTT devices.'),
  grpc: grpc.prefault({}).describe('The way out to processors, and in for programs.'),
  consume: consume.prefault({}).describe('Consumer groups.'),
  http: http.prefault({}).describe('Metrics and health.'),
  log: log.prefault({}).describe('The durable log.'),
  query: query.prefault({}).describe('SQL over the streams.'),
  serial,
  streams,
  logger: logger.prefault({}).describe('Diagnostic lines; not the log of readings.'),
});

/** The options under the names that they have in the file, each value in its smallest unit. */
export type ConfigOptions = z.output<typeof configSchema>;
