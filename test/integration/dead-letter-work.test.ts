// Dead letters decoded again on a real log by real profiles: each message counts once, what must stay
// dead stays so, and the decoder of what comes now is left alone. And those that are too old go.
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { expect, onTestFinished, test } from 'vitest';
import type { RawMessage } from '../../src/core/raw-message.ts';
import { LiveDecoder } from '../../src/decode/live-decoder.ts';
import { DeadLetterWorker } from '../../src/log/dead-letter-work.ts';
import type { Log } from '../../src/log/log.ts';
import type { LogOptions } from '../../src/log/log-options.ts';
import { noLimits } from '../../src/log/stream-settings.ts';
import { append, decodedOf, messageOf, readAll, settled } from '../contract/log.ts';
import { openLog } from '../support/duckdb-log.ts';
import { readingOf } from '../support/reading-rows.ts';
import { tempFolder } from '../support/temp-folder.ts';

const START_US = 1_700_000_000_000_000;
const DAY_US = 86_400_000_000;
const all = { filter: { profile: '', reason: '', topic: '', ids: [] }, from: 0, limit: 1000 };
const dead = { reason: 'wrong_type', detail: '' } as const;

async function setUp(options: Partial<LogOptions> = {}) {
  const log = await openLog(tempFolder(), options);
  onTestFinished(() => log.close());
  const decoder = new LiveDecoder({ folders: [], ports: [], maxClockSkewUs: DAY_US });
  const worker = new DeadLetterWorker(log, decoder);
  /** As if the profiles of then could read only these of its readings. */
  const bury = async (part: Partial<RawMessage>, readable: readonly string[] = []) => {
    const message = messageOf(part);
    const { readings } = decoder.decode(message);
    const read = readings.filter(({ metric }) => readable.includes(metric));
    log.append(message, decodedOf(read, dead));
    await settled(log);
  };
  return { log, decoder, worker, bury };
}

async function stored(log: Log): Promise<string[]> {
  const readings = await readAll(log);
  return readings.map(({ device, metric, value }) => `${device} ${metric} ${value}`);
}

const json = (topic: string, values: object, receivedAtUs = START_US) => ({
  topic,
  payload: Buffer.from(JSON.stringify(values)),
  receivedAtUs,
});

test('a part that counted when it came is not stored again, however much came at that time', async () => {
  const { log, worker, bury } = await setUp();
  append(
    log,
    Array.from({ length: 6000 }, (_, index) => index),
    START_US,
  );
  await bury(json('sensors/a/json', { temperature: 1, humidity: 2 }), ['humidity']);
  // Another message of the device in the same millisecond is no part of it.
  log.append(
    messageOf(json('sensors/a/json', { temperature: 9 })),
    decodedOf([readingOf({ device: 'a', metric: 'temperature', value: 9 })]),
  );
  await settled(log);
  // The clock was set back meanwhile.
  append(log, [0], START_US - DAY_US);
  await settled(log);
  const before = await stored(log);
  expect(await worker.reprocess(all)).toMatchObject({ letters: 1, readings: 1, kept: 0 });
  expect(await stored(log)).toEqual([...before, 'a temperature 1']);
  expect(await worker.reprocess(all)).toEqual({ letters: 0, readings: 0, kept: 0, next: null });
  expect(log.deadLetters).toMatchObject({ count: 0, bytes: 0 });
});

test('a frame with a wrong checksum stays dead, and letters keep their order and their times', async () => {
  const { log, worker, bury } = await setUp();
  const times = [START_US + 5, START_US - 7, START_US + 9];
  await bury(json('sensors/a/json', { power: 0 }, times[0]));
  await bury({ ...json('sensors/a/json', { power: 1 }), fault: 'checksum' });
  await bury(json('sensors/a/json', { power: 2 }, times[1]));
  await bury(json('sensors/b/json', { power: 3 }, times[2]));
  expect(await worker.reprocess(all)).toMatchObject({ letters: 3, readings: 3, kept: 1 });
  const readings = await readAll(log);
  expect(readings.map(({ value }) => value)).toEqual([0, 2, 3]);
  expect(readings.map(({ receivedAtUs }) => receivedAtUs)).toEqual(times);
  expect(log.deadLetters.count).toBe(1);
});

test('beyond the limit of series letters stay as they are, and the work comes to its end', async () => {
  const { log, worker, bury } = await setUp({ seriesMax: 1 });
  await bury(json('sensors/a/json', { power: 1 }));
  await bury(json('sensors/b/json', { power: 2 }));
  expect(await worker.reprocess(all)).toMatchObject({ letters: 1, readings: 1, kept: 1 });
  expect(await worker.reprocess({ ...all, from: 2 })).toMatchObject({ kept: 0, next: null });
  expect(await stored(log)).toEqual(['a power 1']);
  // A message that is dead for two reasons is one letter.
  const before = log.deadLetters.count;
  const readings = ['c', 'd'].map((device) => readingOf({ device }));
  log.append(messageOf(), decodedOf(readings, dead));
  await settled(log);
  expect(log.deadLetters.count).toBe(before + 1);
});

test('a stream that becomes full stops the work, and what came before it is not stored twice', async () => {
  const streams = [
    {
      ...noLimits,
      name: 'tight',
      match: { topics: ['tight/#'], devices: [], metrics: [] },
      onFull: 'refuse' as const,
    },
  ];
  const { log, worker, bury } = await setUp({ streams });
  await bury(json('sensors/a/json', { power: 1 }));
  await bury(json('tight/b/json', { power: 2 }));
  let isFull = true;
  // Held, for the keeper looks once a second and finds room.
  const held = { get: () => isFull, set: () => undefined };
  Object.defineProperty(log.stream('tight'), 'isFull', held);
  await expect(worker.reprocess(all)).rejects.toMatchObject({ code: 'STREAM_FULL' });
  await expect(worker.reprocess(all)).rejects.toMatchObject({ code: 'STREAM_FULL' });
  expect(await stored(log)).toEqual(['a power 1']);
  isFull = false;
  expect(await worker.reprocess(all)).toMatchObject({ letters: 1, readings: 1 });
  expect(log.stream('tight').highWatermark).toBe(1);
});

/** A birth of Sparkplug's with one alias, or a value by it. */
function sparkplug(metric: { name?: string; value: number }): Uint8Array {
  const writer = new BinaryWriter();
  writer.uint32(18).fork();
  if (metric.name !== undefined) writer.uint32(10).string(metric.name);
  writer.uint32(16).uint64(1).uint32(32).uint32(10).uint32(105).double(metric.value).join();
  return writer.finish();
}

test('an old birth or death changes nothing of what the node says now', async () => {
  const { log, decoder, worker, bury } = await setUp();
  const topic = (type: string) => `spBv1.0/G/${type}/node`;
  const live = (type: string, payload: Uint8Array) =>
    decoder.decode(messageOf({ topic: topic(type), payload })).readings.map(({ metric }) => metric);
  await bury({ topic: topic('NBIRTH'), payload: sparkplug({ name: 'old', value: 1 }) });
  await bury({ topic: topic('NDEATH'), payload: new BinaryWriter().finish() });
  live('NBIRTH', sparkplug({ name: 'new', value: 3 }));
  await worker.reprocess(all);
  expect(await stored(log)).toEqual(['G/node old 1']);
  expect(live('NDATA', sparkplug({ value: 4 }))).toEqual(['new']);
});

test('letters that are too old go, and are a loss; a clock that jumps costs none', async () => {
  const folder = tempFolder();
  let nowUs = START_US;
  const open = () => openLog(folder, { deadLetterAgeMs: DAY_US / 1000, clock: () => nowUs });
  const bury = async (log: Log, receivedAtUs: number) => {
    log.append(messageOf({ receivedAtUs }), decodedOf([], dead));
    await settled(log);
  };
  const look = async (log: Log) => {
    await log.keep();
    await settled(log);
    return [log.deadLetters.count, log.losses.byReason().get('dead_letters_expired') ?? 0];
  };
  let log = await open();
  for (const ageUs of [0, 2 * DAY_US, 0.5 * DAY_US, 1.5 * DAY_US]) {
    await bury(log, START_US - ageUs);
  }
  expect(await look(log)).toEqual([2, 2]);
  nowUs += 3650 * DAY_US;
  expect(await look(log)).toEqual([2, 2]);
  await log.close();
  log = await open();
  expect(await look(log)).toEqual([2, 2]);
  await log.close();
  nowUs = START_US + 0.75 * DAY_US;
  log = await open();
  expect(await look(log)).toEqual([1, 3]);
  await log.close();
});
