// A whole config: defaults, every problem at once, rules between options.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultConfig } from '../../../src/config/config.ts';
import { readEnvironment } from '../../../src/config/environment.ts';
import { formatProblem } from '../../../src/config/problem.ts';
import { validate } from '../../../src/config/validate.ts';
import { readYaml } from '../../../src/config/yaml-file.ts';

function check(text: string, environment: Record<string, string> = {}) {
  const file = readYaml('millpond.yaml', text);
  const result = validate(file, readEnvironment(environment).overrides);
  return { ...result, told: [...file.problems, ...result.problems].map(formatProblem) };
}

test('without a file everything has its default', () => {
  const { config, problems } = validate(null, []);
  expect(problems).toEqual([]);
  expect(config).toEqual(defaultConfig());
});

test('the defaults are those of the design', () => {
  expect(defaultConfig()).toMatchObject({
    dataDir: './data',
    allowAnonymous: false,
    maxClockSkewMs: 86_400_000,
    profiles: [],
    mqtt: { listen: { host: '127.0.0.1', port: 1883 }, packetBytesMax: 262_144 },
    grpc: { listen: { host: '127.0.0.1', port: 50_051 }, batchReadingsMax: 2048 },
    http: { listen: { host: '127.0.0.1', port: 8080 } },
    log: { commitIntervalMs: 0 },
    logger: { level: 'info', format: 'auto' },
  });
});

test('resolves durations to milliseconds, sizes to bytes and addresses to their parts', () => {
  const { config, told } = check(`
mqtt: { listen: "[::1]:0", packetBytesMax: 64KiB, connectTimeout: 2500 }
log: { commitInterval: 1.5s, duckdbMemoryMax: 200MB }
`);
  expect(told).toEqual([]);
  expect(config.mqtt.listen).toEqual({ host: '::1', port: 0 });
  expect(config.mqtt.packetBytesMax).toBe(65_536);
  expect(config.mqtt.connectTimeoutMs).toBe(2500);
  expect(config.log.commitIntervalMs).toBe(1500);
  expect(config.log.duckdbMemoryBytesMax).toBe(200_000_000);
});

test('tells everything that is wrong at once, each with its place and what would be right', () => {
  const { told } = check(`dataDirr: x
commitInterval: 5s
mqtt:
  lisen: a
  packetBytesMax: huge
profiles: [a, 5]
log:
  commitInterval: 2h
  queueBytesMax:
  seriesMax: 3.5
logger: { level: loud }
grpc: 7
`);
  const expected = [
    /^millpond\.yaml:1:1: dataDirr is not an option; did you mean dataDir\?$/,
    /^millpond\.yaml:2:1: .* did you mean log\.commitInterval\?$/,
    /^millpond\.yaml:4:3: mqtt\.lisen .* did you mean mqtt\.listen\?$/,
    /^millpond\.yaml:5:19: mqtt\.packetBytesMax is "huge"; expected a size /,
    /^millpond\.yaml:6:15: profiles is 5; expected a list of folders/,
    /^millpond\.yaml:8:19: .* is "2h"; expected a duration from 0ms to 1m/,
    /^millpond\.yaml:9:17: log\.queueBytesMax is empty; expected a size /,
    /^millpond\.yaml:10:14: log\.seriesMax is 3\.5; expected a whole number/,
    /^millpond\.yaml:11:18: logger\.level is "loud"; expected one of trace/,
    /^millpond\.yaml:12:7: grpc is 7; expected a group of options/,
  ];
  for (const pattern of expected) expect(told).toContainEqual(expect.stringMatching(pattern));
  expect(told).toHaveLength(expected.length);
});

test('the environment wins over the file, and is named where it is wrong', () => {
  const { config, told } = check('mqtt: { listen: "127.0.0.1:1" }\nhttp: { listen: nonsense }', {
    MILLPOND_MQTT_LISTEN: '127.0.0.1:2',
    MILLPOND_HTTP_LISTEN: '127.0.0.1:3',
    MILLPOND_GRPC_LISTEN: 'nowhere',
  });
  expect(config.mqtt.listen.port).toBe(2);
  expect(config.http.listen.port).toBe(3);
  expect(told).toEqual([
    expect.stringMatching(/^environment: MILLPOND_GRPC_LISTEN is "nowhere"; /),
  ]);
});

test('a group with nothing under it means its defaults, an option with nothing is wrong', () => {
  expect(check('mqtt:\nlog:\n').told).toEqual([]);
  expect(check('# nothing yet\n').told).toEqual([]);
  expect(check('dataDir:\n').told).toEqual([
    'millpond.yaml:1:9: dataDir is empty; expected the path of a folder',
  ]);
});

test('an address that others can reach is refused unless the file allows it', () => {
  const open = check('mqtt: { listen: "0.0.0.0:1883" }');
  expect(open.isOnlyOpen).toBe(true);
  expect(open.told).toEqual([expect.stringContaining('set allowAnonymous: true')]);
  expect(check('mqtt: { listen: "0.0.0.0:1883" }\nallowAnonymous: true').told).toEqual([]);
  expect(check('mqtt: { listen: "0.0.0.0:1883" }\nallowAnonymos: true').isOnlyOpen).toBe(false);
});

test('options that contradict each other are found even beside other errors', () => {
  const { told } = check(`
mqtt: { packetBytesMax: 16MiB }
grpc: { listen: "127.0.0.1:1883" }
logger: { level: loud }
`);
  expect(told.some((line) => line.includes('as is mqtt.listen'))).toBe(true);
  expect(told.some((line) => line.includes('less than mqtt.packetBytesMax'))).toBe(true);
  expect(told.some((line) => line.includes('logger.level'))).toBe(true);
});

test.each([
  ['a: [1', 'millpond.yaml:1:'],
  ['mqtt: 1\nmqtt: 2', 'millpond.yaml:2:1'],
  ['- a list', 'the file is a list'],
  ['just words', 'the file is "just words"'],
  ['a: 1\n---\nb: 2', 'millpond.yaml:2:'],
])('a file that is no config at all is told as such: %j', (text, told) => {
  expect(check(text).told.join('\n')).toContain(told);
});

test('any text ends in a whole config and problems, never in an exception', () => {
  const line = fc.tuple(
    fc.constantFrom('mqtt', 'log', 'dataDir', 'profiles', '__proto__', 'constructor', 'x', '<<'),
    fc.constantFrom(
      '1',
      '{}',
      '[]',
      '{ listen: 1 }',
      '&a [*a]',
      '*b',
      'null',
      '!!binary x',
      '"',
      '{ <<: 1 }',
    ),
  );
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.array(line).map((lines) => lines.map(([key, value]) => `${key}: ${value}`).join('\n')),
  );
  fc.assert(
    fc.property(text, (input) => {
      const { config } = check(input);
      expect(Object.keys(config).sort()).toEqual(Object.keys(defaultConfig()).sort());
    }),
    { numRuns: 500 },
  );
});

test('other names of the gateway are host names, without a scheme or a port', () => {
  const { config, told } = check('http: { hosts: [gateway.example.org, pi-2] }');
  expect([config.http.hosts, told]).toEqual([['gateway.example.org', 'pi-2'], []]);
  for (const host of ['http://gateway', 'gateway:8080', '*.example.org', '""', 'a b', '[::1]']) {
    expect([host, check(`http: { hosts: ['${host}'] }`).told.length]).toEqual([host, 1]);
  }
});
