// The list of streams: what an entry resolves to, and what is said of a wrong one.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEnvironment } from '../../../src/config/environment.ts';
import { formatProblem } from '../../../src/config/problem.ts';
import { validate } from '../../../src/config/validate.ts';
import { readYaml } from '../../../src/config/yaml-file.ts';

function check(text: string) {
  const file = readYaml('millpond.yaml', text);
  const result = validate(file, []);
  return { ...result, told: [...file.problems, ...result.problems].map(formatProblem) };
}

test('resolves an entry, with the default of everything that it leaves out', () => {
  const { config, told } = check(`
streams:
  - name: vibration
    match: { topics: [plant/+/x], metrics: ["vibration*"] }
    retention: { age: 7d, bytes: 1GB, hardBytes: 2GB, protect: [archive] }
    commitInterval: 2s
    onFull: refuse
  - name: readings
    retention:
`);
  expect(told).toEqual([]);
  expect(config.streams).toEqual([
    {
      name: 'vibration',
      match: { topics: ['plant/+/x'], devices: [], metrics: ['vibration*'] },
      retention: { ageMs: 604_800_000, bytes: 1e9, hardBytes: 2e9, protect: ['archive'] },
      commitIntervalMs: 2000,
      onFull: 'refuse',
    },
    {
      name: 'readings',
      match: { topics: [], devices: [], metrics: [] },
      retention: { ageMs: 0, bytes: 0, hardBytes: 0, protect: [] },
      commitIntervalMs: null,
      onFull: 'drop-oldest',
    },
  ]);
});

test('without the list, and with nothing under it, there are no streams beside the default', () => {
  expect(check('').config.streams).toEqual([]);
  expect(check('streams:\n')).toMatchObject({ told: [], config: { streams: [] } });
});

test('tells what is wrong in an entry with its place and what would be right', () => {
  const { told } = check(`streams:
  - name: Vibration
    match: { topics: [a/#/b], metricks: [x] }
  - match: { devices: [a] }
  - name: b
    matches: { devices: [a] }
    match: { devices: [""] }
    retention: { hardByte: 1GB, age: soon, protect: ["no spaces"] }
    commitInterval:
  - 7
  -
  - name: [c]
    match: 5
`);
  const expected = [
    /^millpond\.yaml:2:11: streams\[0\]\.name is "Vibration"; expected a name of 1 to 64 lower-case/,
    /^millpond\.yaml:3:23: streams\[0\]\.match\.topics is "a\/#\/b"; expected a list of MQTT topic/,
    /^millpond\.yaml:3:31: streams\[0\]\.match\.metricks .* did you mean streams\[0\]\.match\.metrics\?$/,
    /^millpond\.yaml:4:5: streams\[1\]\.name is missing; expected a name/,
    /^millpond\.yaml:6:5: streams\[2\]\.matches .* did you mean streams\[2\]\.match\?$/,
    /^millpond\.yaml:7:24: streams\[2\]\.match\.devices is empty; expected a list of globs/,
    /^millpond\.yaml:8:18: streams\[2\]\.retention\.hardByte .* did you mean streams\[2\]\.retention\.hardBytes\?$/,
    /^millpond\.yaml:8:38: streams\[2\]\.retention\.age is "soon"; expected a duration/,
    /^millpond\.yaml:8:54: streams\[2\]\.retention\.protect is "no spaces"; expected a list of consumer/,
    /^millpond\.yaml:9:20: streams\[2\]\.commitInterval is empty; expected a duration/,
    /^millpond\.yaml:10:5: streams\[3\] is 7; expected a group of options/,
    /^millpond\.yaml:11:4: streams\[4\] is empty; expected a group of options/,
    /^millpond\.yaml:12:11: streams\[5\]\.name is a list; expected a name/,
    /^millpond\.yaml:13:12: streams\[5\]\.match is 5; expected a group of options/,
  ];
  for (const pattern of expected) expect(told).toContainEqual(expect.stringMatching(pattern));
  // That the third entry is left without a match follows from what is told.
  expect(told).toHaveLength(expected.length);
});

test.each([
  ['streams: 5', 'streams is 5; expected a list, each entry a group of options'],
  ['streams: { name: a }', 'streams is a group of options; expected a list'],
  ['stream: []', 'stream is not an option; did you mean streams?'],
  ['hardBytes: 1', 'did you mean streams[].retention.hardBytes?'],
])('what is no list of streams is told as such: %s', (text, told) => {
  expect(check(text).told.join('\n')).toContain(told);
});

test.each([
  ['[{ name: a, match: { devices: [*] } }]', 'millpond.yaml:1:41: Alias cannot be an empty string'],
  ['[{ name: a, match: { devices: [*x] } }]', 'millpond.yaml:1:41: *x refers to nothing'],
  ['[{ name: a, match: { topics: [#] } }]', 'Comments must be separated from other tokens'],
])('a wildcard that YAML takes for its own is told of quotes: %s', (list, told) => {
  const [first] = check(`streams: ${list}`).told;
  expect(first).toContain(told);
  expect(first).toMatch(/; a value that begins with \* or # stands in quotes$/);
});

test('what may stand there is named when no name is near', () => {
  const text = `streams: [{ name: readings, retention: { maxBytes: 1GB } }]\nprotect: [a]`;
  expect(check(text).told).toEqual([
    expect.stringMatching(
      /retention\.maxBytes is not an option; expected age, bytes, hardBytes, protect$/,
    ),
    expect.stringMatching(/did you mean streams\[\]\.retention\.protect\?$/),
  ]);
});

test('there are at most 64 streams, and at most 100 patterns of a kind', () => {
  const entries = Array.from(
    { length: 65 },
    (_, i) => `  - { name: s${i}, match: { devices: [d] } }`,
  );
  expect(check(`streams:\n${entries.join('\n')}\n`).told).toEqual([
    'millpond.yaml:2:3: streams has 65 entries; expected at most 64',
  ]);
  const globs = Array.from({ length: 101 }, (_, i) => `d${i}`);
  expect(check(`streams: [{ name: a, match: { devices: [${globs}] } }]`).told).toContainEqual(
    expect.stringMatching(/streams\[0\]\.match\.devices has 101 entries; expected .* at most 100$/),
  );
});

test.each([
  [
    '[{ name: a, match: { topics: [x] } }, { name: a, match: { topics: [y] } }]',
    'streams[1].name is a, as an entry above it is; give each its own name',
  ],
  ['[{ name: a }]', 'streams[0].match is empty, so the stream would take every reading'],
  [
    '[{ name: readings, match: { topics: [x] } }]',
    'streams[0].match is set for the stream readings',
  ],
  [
    '[{ name: a, match: { topics: ["#"] } }, { name: b, match: { devices: [x] } }]',
    'streams[1].match never takes a reading: the stream a above it takes all of them; move it above a',
  ],
  [
    '[{ name: readings, retention: { bytes: 2MB, hardBytes: 1MB } }]',
    'streams[0].retention.hardBytes is 1000000 bytes, less than retention.bytes (2000000 bytes)',
  ],
  [
    '[{ name: readings, retention: { bytes: 50 } }]',
    'streams[0].retention.bytes is 50 bytes, less than one segment takes; give it at least 64KiB',
  ],
  [
    '[{ name: readings, onFull: refuse, retention: { bytes: 1GB } }]',
    'streams[0].onFull is refuse, but retention.hardBytes sets no limit at which to refuse',
  ],
  [
    '[{ name: readings, onFull: refuse, retention: { hardBytes: 1GB, protect: [a] } }]',
    'streams[0].onFull is refuse, but nothing would ever make room again',
  ],
  [
    '[{ name: readings, retention: { bytes: 1GB } }]\nlog: { bytesMax: 500MB }',
    'streams[0].retention.bytes is 1000000000 bytes, more than log.bytesMax (500000000 bytes)',
  ],
])('what contradicts itself is told: %s', (streams, told) => {
  const { problems } = check(`streams: ${streams}`);
  expect(problems.map(formatProblem)).toEqual([expect.stringContaining(told)]);
});

test('a topic that begins with a $ may come after a stream that takes #', () => {
  const text = `streams: [{ name: a, match: { topics: ["#"] } }, { name: b, match: { topics: [$x] } }]`;
  expect(check(text).told).toEqual([]);
});

test('a contradiction behind an entry that is wrong is told at its own place', () => {
  const { told, config } = check(`streams:
  - match: { topics: [x] }
  - { name: a, match: { topics: [x] } }
  - { name: a, match: { topics: [y] } }
`);
  expect(told).toEqual([
    expect.stringMatching(/^millpond\.yaml:2:5: streams\[0\]\.name is missing/),
    expect.stringMatching(/^millpond\.yaml:4:13: streams\[2\]\.name is a, as an entry above it is/),
  ]);
  expect(config.streams.map(({ name }) => name)).toEqual(['a', 'a']);
});

test('the whole directory must have room for what is reserved', () => {
  expect(check('log: { bytesMax: 12MiB }').told).toEqual([
    expect.stringContaining('less than log.reserveBytes and log.checkpointBytes together'),
  ]);
  expect(check('log: { bytesMax: 16MiB }').told).toEqual([]);
});

test('the environment cannot set the list, and says where it stands', () => {
  for (const variable of ['MILLPOND_STREAMS', 'MILLPOND_STREAMS_0_NAME']) {
    const { overrides, problems } = readEnvironment({ [variable]: 'a' });
    expect(overrides).toEqual([]);
    expect(problems.map(formatProblem)).toEqual([
      `environment: ${variable} cannot set the list streams; unset it, and write streams in the config file`,
    ]);
  }
});

test('any list ends in a whole config and problems, never in an exception', () => {
  const value = fc.oneof(
    fc.constantFrom('1', '{}', '[]', 'null', 'a', '[a]', '[1]', '"#"', '"a/#"', '[[]]', '1GB'),
    fc.record({ topics: fc.constantFrom('[a]', '1', '[#]', '["a#"]') }).map((match) => {
      return `{ topics: ${match.topics} }`;
    }),
  );
  const key = fc.constantFrom('name', 'match', 'retention', 'onFull', '__proto__', 'constructor');
  const entry = fc.oneof(
    fc.constantFrom('7', 'null', '[]', '*a', '&a {}'),
    fc.array(fc.tuple(key, value)).map((pairs) => {
      return `{ ${pairs.map(([name, text]) => `${name}: ${text}`).join(', ')} }`;
    }),
  );
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const { config } = check(`streams: [${entries.join(', ')}]`);
      for (const stream of config.streams) expect(stream.name).toMatch(/^[a-z0-9]/);
    }),
    { numRuns: 500 },
  );
});
