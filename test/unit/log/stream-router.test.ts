// Which stream takes a reading: the quick answer against the plain one, and what it remembers.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesGlob } from '../../../src/core/glob.ts';
import type { StreamConfig, StreamMatch } from '../../../src/core/stream-config.ts';
import { matchesFilter } from '../../../src/core/topic-filter.ts';
import { StreamRouter } from '../../../src/log/stream-router.ts';

function stream(name: string, match: Partial<StreamMatch>): StreamConfig {
  return {
    name,
    match: { topics: [], devices: [], metrics: [], ...match },
    retention: { ageMs: 0, bytes: 0, hardBytes: 0, protect: [] },
    commitIntervalMs: null,
    onFull: 'drop-oldest',
  };
}

/** As the option says it: in order, all kinds given, of one kind any. */
function plainRoute(streams: readonly StreamConfig[], reading: readonly [string, string, string]) {
  const [topic, device, metric] = reading;
  return streams.findIndex(({ name, match: { topics, devices, metrics } }) => {
    return (
      name !== 'readings' &&
      (topics.length === 0 || topics.some((filter) => matchesFilter(filter, topic))) &&
      (devices.length === 0 || devices.some((glob) => matchesGlob(glob, device))) &&
      (metrics.length === 0 || metrics.some((glob) => matchesGlob(glob, metric)))
    );
  });
}

test('the first stream that matches takes the reading', () => {
  const router = new StreamRouter([
    stream('a', { topics: ['plant/+/power'], metrics: ['power'] }),
    stream('readings', {}),
    stream('b', { topics: ['plant/#', 'hall/#'], devices: ['press-*'] }),
    stream('c', { metrics: ['vibration*'] }),
  ]);
  expect(router.route('plant/1/power', 'press-1', 'power')).toBe(0);
  expect(router.route('plant/1/power', 'press-1', 'energy')).toBe(2);
  expect(router.route('plant', 'press-1', 'power')).toBe(2);
  expect(router.route('hall/3', 'saw', 'vibration_x')).toBe(3);
  expect(router.route('hall/3', 'saw', 'power')).toBe(-1);
  expect(router.route('', '', '')).toBe(-1);
});

test('without streams, and with the default one alone, nothing is looked at or remembered', () => {
  for (const streams of [[], [stream('readings', {})]]) {
    const router = new StreamRouter(streams);
    expect(router.route('a', 'b', 'c')).toBe(-1);
    expect(router.size).toBe(0);
  }
});

const topic = fc.array(fc.constantFrom('a', 'b', '', '$x'), { minLength: 1, maxLength: 3 });
const filter = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', '+', '', '$x'), { maxLength: 3 }),
    fc.constantFrom('#', '+', 'a', 'b'),
  )
  .map(([levels, last]) => [...levels, last].join('/'));
const glob = fc.constantFrom('a', 'b', '*', 'a*', '?', 'ab', '*b');
const name = fc.constantFrom('a', 'b', 'ab', '', 'ba');
const match = fc.record({
  topics: fc.array(filter, { maxLength: 2 }),
  devices: fc.array(glob, { maxLength: 2 }),
  metrics: fc.array(glob, { maxLength: 2 }),
});
const streams = fc
  .array(fc.tuple(fc.boolean(), match), { maxLength: 6 })
  .map((entries) =>
    entries.map(([isDefault, own], index) =>
      isDefault && index % 3 === 0 ? stream('readings', {}) : stream(`s${index}`, own),
    ),
  );
const readings = fc.array(
  fc.tuple(
    topic.map((levels) => levels.join('/')),
    name,
    name,
  ),
  { minLength: 1, maxLength: 40 },
);

test('any reading goes where the plain rule sends it, however little is remembered', () => {
  fc.assert(
    fc.property(streams, readings, fc.nat({ max: 5 }), (list, all, answersMax) => {
      const routers = [
        new StreamRouter(list),
        new StreamRouter(list, { answersMax, answerBytesMax: 1000 }),
        new StreamRouter(list, { answersMax: 1000, answerBytesMax: 200 }),
      ];
      for (const reading of [...all, ...all]) {
        const expected = plainRoute(list, reading);
        for (const router of routers) expect(router.route(...reading)).toBe(expected);
      }
    }),
    { numRuns: 1000 },
  );
});

test('what is remembered is bounded, whatever topics and names come', () => {
  const limits = { answersMax: 100, answerBytesMax: 20_000 };
  const router = new StreamRouter(
    [
      stream('a', { topics: ['x/#'], devices: ['d*'], metrics: ['m1'] }),
      stream('b', { devices: ['e*'] }),
    ],
    limits,
  );
  for (let index = 0; index < 10_000; index++) {
    router.route(`x/${index}`, `d${index}`, `m${index}`);
    expect(router.size).toBeLessThanOrEqual(100);
  }
  router.route(`x/${'y'.repeat(60_000)}`, 'd', 'm1');
  expect(router.route('x/1', 'd1', 'm1')).toBe(0);
});

test('the readings of a device are known after its first', () => {
  const router = new StreamRouter([stream('a', { topics: ['x/+'], metrics: ['power'] })]);
  const metrics = ['power', 'energy', 'voltage'];
  for (const metric of metrics) router.route('x/1', 'd', metric);
  const size = router.size;
  for (let round = 0; round < 10; round++) {
    for (const metric of metrics) router.route('x/1', `d${round}`, metric);
  }
  // The topic and its metrics: this match does not ask for devices.
  expect([size, router.size]).toEqual([4, 4]);
});
