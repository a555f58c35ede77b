// The log alone, without the gateway around it: fills a data directory with thermometers'
// readings, and opens one to read from it in this process.
import { systemClock } from '../../dist/core/clock.js';
import { Log } from '../../dist/log/log.js';
import { QuarantineLimit } from '../../dist/log/recovery/quarantine-limit.js';
import { Rollups } from '../../dist/log/rollups/rollups.js';

const silent = {
  committed() {},
  failing() {},
  trimmedDeadLetters() {},
  sealed() {},
  dropped() {},
  notice(error) {
    throw error;
  },
};

/** Everything stays in one hot table: the most rows and the highest age that the config allows. */
export const unsealed = {
  options: { sealRows: 10_000_000, sealAgeMs: 365 * 24 * 3_600_000 },
  env: { MILLPOND_LOG_SEAL_ROWS: '10000000', MILLPOND_LOG_SEAL_AGE: '365d' },
};

/** The gateway's defaults. */
export function logOptions(directory, overrides = {}) {
  return {
    directory,
    database: { memoryBytesMax: 64 * 1024 * 1024, checkpointBytes: 8 * 1024 * 1024 },
    streams: [],
    commitIntervalMs: 0,
    sealRows: 500_000,
    sealAgeMs: 3_600_000,
    bytesMax: 0,
    diskFreeBytesMin: 64 * 1024 * 1024,
    reserveBytes: 16 * 1024 * 1024,
    segmentCacheBytesMax: 8 * 1024 * 1024,
    tailBytesMax: 4 * 1024 * 1024,
    consumersMax: 1000,
    producersMax: 1000,
    seriesMax: 1_000_000,
    deadLettersMax: 100_000,
    deadLetterBytesMax: 64 * 1024 * 1024,
    deadLetterAgeMs: 0,
    lossesMax: 10_000,
    quarantine: new QuarantineLimit(directory, 0),
    clock: systemClock,
    events: silent,
    ...overrides,
  };
}

export function openLog(directory, overrides) {
  return Log.open(logOptions(directory, overrides));
}

/** Rolls up what is sealed, at once, once `settle` is called. Close them before the log. */
export function openRollups(log, directory) {
  return new Rollups({
    log,
    directory,
    diskFreeBytesMin: 0,
    diskFreeBytes: async () => null,
    failed(error) {
      throw error;
    },
  });
}

/** Commits what was appended; resolves when it is durable. */
export function commit(log) {
  return new Promise((resolve, reject) => {
    log.settleAppended((error) => (error ? reject(error) : resolve()));
    log.startCommit();
  });
}

/** Appends one message of a thermometer: a temperature and a humidity. `number` counts messages. */
export function appendMessage(log, number, receivedAtUs) {
  const device = `bench${number % 10}`;
  const time = { measuredAtUs: receivedAtUs, quality: 1, channel: '', device };
  const temperature = 20 + Math.sin(number / 100) * 5;
  const humidity = 50 + Math.cos(number / 70) * 20;
  log.append(
    { source: 'mqtt', topic: '', payload: new Uint8Array(0), receivedAtUs },
    {
      profile: 'bench',
      dropped: [],
      deadLetter: null,
      readings: [
        { ...time, metric: 'temperature', unit: 'Cel', value: temperature },
        { ...time, metric: 'humidity', unit: '%RH', value: humidity },
      ],
    },
  );
}

/** Readings of ten devices with a temperature and a humidity each, a commit of ten thousand at a time. */
export async function fill(directory, readings, overrides) {
  const log = await openLog(directory, overrides);
  const perMessage = 2;
  const perCommit = 5000;
  let receivedAtUs = systemClock() - readings * 100;
  for (let done = 0; done < readings; ) {
    for (let i = 0; i < perCommit && done < readings; i++, done += perMessage) {
      receivedAtUs += 100 * perMessage;
      appendMessage(log, i, receivedAtUs);
    }
    await commit(log);
  }
  await log.close();
}
