// The log alone, without the gateway around it: fills a data directory with thermometers'
// readings, and opens one to read from it in this process.
import { systemClock } from '../../dist/core/clock.js';
import { Log } from '../../dist/log/log.js';

const silent = { committed() {}, failing() {}, trimmedDeadLetters() {} };

export function openLog(directory) {
  return Log.open({
    directory,
    database: { memoryBytesMax: 32 * 1024 * 1024, threads: 1, checkpointBytes: 8 * 1024 * 1024 },
    commitIntervalMs: 0,
    tailBytesMax: 4 * 1024 * 1024,
    consumersMax: 1000,
    seriesMax: 1_000_000,
    deadLettersMax: 100_000,
    deadLetterBytesMax: 64 * 1024 * 1024,
    clock: systemClock,
    events: silent,
  });
}

/** Readings of ten devices with a temperature and a humidity each, a commit of ten thousand at a time. */
export async function fill(directory, readings) {
  const log = await openLog(directory);
  const perMessage = 2;
  const perCommit = 5000;
  let receivedAtUs = systemClock() - readings * 100;
  for (let done = 0; done < readings; ) {
    for (let i = 0; i < perCommit && done < readings; i++, done += perMessage) {
      receivedAtUs += 100 * perMessage;
      const device = `bench${i % 10}`;
      const time = { measuredAtUs: receivedAtUs, quality: 1, channel: '', device };
      log.append(
        { source: 'mqtt', topic: '', payload: new Uint8Array(0), receivedAtUs },
        {
          profile: 'bench',
          dropped: [],
          deadLetter: null,
          readings: [
            { ...time, metric: 'temperature', unit: 'Cel', value: 20 + Math.sin(i / 100) * 5 },
            { ...time, metric: 'humidity', unit: '%RH', value: 50 + Math.cos(i / 70) * 20 },
          ],
        },
      );
    }
    await new Promise((resolve, reject) => {
      log.settleAppended((error) => (error ? reject(error) : resolve()));
      log.startCommit();
    });
  }
  await log.close();
}
