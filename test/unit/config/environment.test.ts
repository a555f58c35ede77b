// Options out of environment variables.
import { expect, test } from 'vitest';
import { readEnvironment, variableOf } from '../../../src/config/environment.ts';
import { allOptions } from '../../../src/config/option-tree.ts';

test('a variable is the path in capitals', () => {
  expect(variableOf(['dataDir'])).toBe('MILLPOND_DATA_DIR');
  expect(variableOf(['log', 'commitInterval'])).toBe('MILLPOND_LOG_COMMIT_INTERVAL');
});

test('no two options share a variable', () => {
  const variables = allOptions.map(({ path }) => variableOf(path));
  expect(new Set(variables).size).toBe(variables.length);
  expect(variables.length).toBeGreaterThan(35);
});

test('reads each value as its option needs it', () => {
  const { overrides, problems } = readEnvironment({
    HOME: '/root',
    MILLPOND_DATA_DIR: '123',
    MILLPOND_MQTT_LISTEN: '[::1]:0',
    MILLPOND_ALLOW_ANONYMOUS: 'true',
    MILLPOND_LOG_COMMIT_INTERVAL: '200',
    MILLPOND_LOG_QUEUE_BYTES_MAX: '1MiB',
    MILLPOND_PROFILES: 'a, b,',
    MILLPOND_LOGGER_LEVEL: '',
  });
  expect(problems).toEqual([]);
  expect(Object.fromEntries(overrides.map(({ path, value }) => [path.join('.'), value]))).toEqual({
    dataDir: '123',
    'mqtt.listen': '[::1]:0',
    allowAnonymous: true,
    'log.commitInterval': 200,
    'log.queueBytesMax': '1MiB',
    profiles: ['a', 'b'],
  });
});

test('a variable that names no option is a problem, with what may be meant', () => {
  const { problems } = readEnvironment({ MILLPOND_MQTT_LISTN: 'x', MILLPOND_ZZZZZZZZZZ: '1' });
  expect(problems.map(({ path, remedy }) => [path, remedy])).toEqual([
    ['MILLPOND_MQTT_LISTN', 'did you mean MILLPOND_MQTT_LISTEN?'],
    ['MILLPOND_ZZZZZZZZZZ', 'unset it'],
  ]);
});
