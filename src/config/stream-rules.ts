// What must hold between the options of a stream, and between the streams of the list.

import type { Contradiction } from './problem.ts';
import type { ConfigOptions } from './schema.ts';
import type { StreamOptions } from './stream-schema.ts';

type Finding = Omit<Contradiction, 'isOpen'>;

/** Takes what no other stream does: it is there without a match. */
const REMAINDER = 'readings';

/** Below it is most likely a forgotten unit. */
const LEAST_BYTES = 64 * 1024;

function hasMatch({ match }: StreamOptions): boolean {
  return match.topics.length + match.devices.length + match.metrics.length > 0;
}

/** Whether a pattern of one kind alone lets everything in. */
function takesAll({ match: { topics, devices, metrics } }: StreamOptions): boolean {
  const isFree = [
    topics.length === 0 || topics.includes('#'),
    devices.length === 0 || devices.includes('*'),
    metrics.length === 0 || metrics.includes('*'),
  ];
  return isFree.every((free) => free);
}

/** `#` leaves out what begins with a `$` (MQTT 4.7.2). */
function mayFollow(stream: StreamOptions, before: StreamOptions): boolean {
  return (
    before.match.topics.length > 0 && stream.match.topics.some((filter) => filter.startsWith('$'))
  );
}

function findMatchFaults(streams: readonly StreamOptions[]): Finding[] {
  return streams.flatMap((stream, index): Finding[] => {
    const path = ['streams', index, 'match'];
    if (stream.name === REMAINDER) {
      if (!hasMatch(stream)) return [];
      const message = `is set for the stream ${REMAINDER}, which takes whatever no other stream does`;
      return [{ path, message, remedy: 'leave it out, or give the stream another name' }];
    }
    if (!hasMatch(stream)) {
      const message = 'is empty, so the stream would take every reading';
      const remedy = 'name topics, devices or metrics (topics: ["#"] if every reading is meant)';
      return [{ path, message, remedy }];
    }
    const earlier = streams
      .slice(0, index)
      .find((other) => other.name !== REMAINDER && hasMatch(other) && takesAll(other));
    if (earlier === undefined || mayFollow(stream, earlier)) return [];
    const message = `never takes a reading: the stream ${earlier.name} above it takes all of them`;
    return [{ path, message, remedy: `move it above ${earlier.name}` }];
  });
}

function findRepeatedNames(streams: readonly StreamOptions[]): Finding[] {
  return streams.flatMap(({ name }, index) => {
    const first = streams.findIndex((other) => other.name === name);
    if (first === index) return [];
    const path = ['streams', index, 'name'];
    return {
      path,
      message: `is ${name}, as an entry above it is`,
      remedy: 'give each its own name',
    };
  });
}

function findRetentionFaults({ streams, log }: ConfigOptions): Finding[] {
  return streams.flatMap(({ retention, onFull }, index) => {
    const { bytes, hardBytes } = retention;
    const findings: Finding[] = [];
    const path = (...names: string[]): (string | number)[] => ['streams', index, ...names];
    if (hardBytes > 0 && hardBytes < bytes) {
      findings.push({
        path: path('retention', 'hardBytes'),
        message: `is ${hardBytes} bytes, less than retention.bytes (${bytes} bytes)`,
        remedy: 'raise it or lower retention.bytes',
      });
    }
    if (onFull === 'refuse' && hardBytes === 0) {
      findings.push({
        path: path('onFull'),
        message: 'is refuse, but retention.hardBytes sets no limit at which to refuse',
        remedy: 'set retention.hardBytes',
      });
    } else if (onFull === 'refuse' && bytes === 0 && retention.age === 0) {
      findings.push({
        path: path('onFull'),
        message: 'is refuse, but nothing would ever make room again once the stream is full',
        remedy:
          'set retention.bytes or retention.age, and name in retention.protect who must have read first',
      });
    }
    for (const name of ['bytes', 'hardBytes'] as const) {
      if (retention[name] > 0 && retention[name] < LEAST_BYTES) {
        findings.push({
          path: path('retention', name),
          message: `is ${retention[name]} bytes, less than one segment takes`,
          remedy: `give it at least ${LEAST_BYTES / 1024}KiB, or 0 for no limit`,
        });
      }
      if (log.bytesMax === 0 || retention[name] <= log.bytesMax) continue;
      findings.push({
        path: path('retention', name),
        message: `is ${retention[name]} bytes, more than log.bytesMax (${log.bytesMax} bytes) for all streams`,
        remedy: 'lower it or raise log.bytesMax',
      });
    }
    return findings;
  });
}

export function findStreamFaults(options: ConfigOptions): Contradiction[] {
  const findings = [
    ...findRepeatedNames(options.streams),
    ...findMatchFaults(options.streams),
    ...findRetentionFaults(options),
  ];
  return findings.map((finding) => ({ ...finding, isOpen: false }));
}
