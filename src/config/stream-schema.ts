// The options of one stream, an entry of the list `streams`.

import { z } from 'zod';
import { isConsumerName } from '../core/consumer-name.ts';
import { globLengthMax } from '../core/glob.ts';
import { isTopicFilter } from '../core/topic-filter.ts';
import { choice, duration, durationOr, size, text, texts } from './option.ts';

/** Each has its own folder, tables and newest readings in memory. */
const STREAMS_MAX = 64;
const PATTERNS_MAX = 100;
const FILTER_LENGTH_MAX = 1024;

function isGlob(pattern: string): boolean {
  return pattern.length > 0 && pattern.length <= globLengthMax;
}

const match = z.strictObject({
  topics: texts({
    isAllowed: (filter) => filter.length <= FILTER_LENGTH_MAX && isTopicFilter(filter),
    countMax: PATTERNS_MAX,
    range: 'a list of topic filters',
    expected: 'a list of MQTT topic filters, as [plant/+/power, "hall/#"]',
    why: 'Topics as an MQTT subscription names them. With none, any topic.',
  }),
  devices: texts({
    isAllowed: isGlob,
    countMax: PATTERNS_MAX,
    range: 'a list of globs',
    expected: 'a list of globs, as [boiler, "press-*"]',
    why: 'Devices, with * for any characters, ? for one, \\ before any of the three for itself. With none, any device.',
  }),
  metrics: texts({
    isAllowed: isGlob,
    countMax: PATTERNS_MAX,
    range: 'a list of globs',
    expected: 'a list of globs, as [power, "vibration*"]',
    why: 'Metrics, with * for any characters, ? for one, \\ before any of the three for itself. With none, any metric.',
  }),
});

const retention = z.strictObject({
  age: duration({
    byDefault: '0ms',
    min: '0ms',
    max: '3650d',
    why: 'Readings received longer ago are dropped, a sealed segment at a time. 0 keeps them whatever their age.',
  }),
  bytes: size({
    byDefault: '0B',
    min: '0B',
    max: '16TiB',
    why: 'What the stream takes on disk, sealed and not yet sealed; beyond it the oldest segments are dropped. 0 sets no limit.',
  }),
  hardBytes: size({
    byDefault: '0B',
    min: '0B',
    max: '16TiB',
    why: 'What the stream takes on disk in any case, protected or not; beyond it onFull decides. 0 leaves only log.bytesMax and the disk.',
  }),
  protect: texts({
    isAllowed: isConsumerName,
    countMax: PATTERNS_MAX,
    range: 'a list of consumer names',
    expected:
      'a list of consumer names (1 to 128 letters, digits, dots, dashes, underscores, colons)',
    why: 'Consumers for whom age and bytes wait: what they have not committed is kept until hardBytes. One that has never committed needs everything.',
  }),
});

const stream = z.strictObject({
  name: text({
    pattern: /^[a-z0-9][a-z0-9._-]{0,63}$/,
    range: 'a name',
    expected:
      'a name of 1 to 64 lower-case letters, digits, dots, dashes and underscores that begins with a letter or a digit; in quotes if it is a number',
    why: 'What consumers subscribe to, and the folder of its segments. An entry named readings sets what holds for the readings that no other stream takes.',
  }),
  match: match
    .prefault({})
    .describe('Which readings it takes: every kind given must match, and of one kind any.'),
  retention: retention.prefault({}).describe('How much is kept.'),
  commitInterval: durationOr('log.commitInterval', {
    min: '0ms',
    max: '1m',
    why: 'The shortest time from one commit of this stream to the next, where it differs from log.commitInterval.',
  }),
  onFull: choice(
    ['drop-oldest', 'refuse'],
    'drop-oldest',
    'At hardBytes. drop-oldest records what goes as a loss and tells consumers by a gap; refuse takes nothing more and holds the publishers back until there is room.',
  ),
});

export const streams = z
  .array(stream)
  .max(STREAMS_MAX)
  .prefault([])
  .describe(
    `Streams beside \`readings\`, each with offsets, retention and consumers of its own; at most ${STREAMS_MAX}. A reading goes to the first stream of the list that matches, or to \`readings\`. A stream that is taken out of the list keeps its data and can be read; nothing more is written to it.`,
  );

export type StreamOptions = z.output<typeof stream>;
