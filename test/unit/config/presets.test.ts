// Presets: other defaults, which yield to everything that is set.
import { expect, test } from 'vitest';
import { defaultConfig } from '../../../src/config/config.ts';
import { readEnvironment } from '../../../src/config/environment.ts';
import { findOption } from '../../../src/config/option-tree.ts';
import { findPreset, presets } from '../../../src/config/presets.ts';
import { validate } from '../../../src/config/validate.ts';
import { readYaml } from '../../../src/config/yaml-file.ts';

function check(text: string, environment: Record<string, string> = {}) {
  return validate(readYaml('millpond.yaml', text), readEnvironment(environment).overrides);
}

test('a preset changes defaults', () => {
  const { config, problems } = check('preset: sd-card');
  expect(problems).toEqual([]);
  expect(config.log.commitIntervalMs).toBe(1000);
  expect(config.log.checkpointBytes).toBe(33_554_432);
  expect(config.log.sealAgeMs).toBe(21_600_000);
  const { commitIntervalMs, checkpointBytes, sealAgeMs } = defaultConfig().log;
  expect({
    ...config,
    preset: 'none',
    log: { ...config.log, commitIntervalMs, checkpointBytes, sealAgeMs },
  }).toEqual(defaultConfig());
});

test('what is set in the file or the environment wins over the preset', () => {
  const { config } = check('preset: sd-card\nlog: { commitInterval: 0 }', {
    MILLPOND_LOG_SEAL_AGE: '2h',
  });
  expect(config.log.commitIntervalMs).toBe(0);
  expect(config.log.sealAgeMs).toBe(7_200_000);
  expect(config.log.checkpointBytes).toBe(33_554_432);
});

test('the environment can choose the preset, also without a file', () => {
  const { overrides } = readEnvironment({ MILLPOND_PRESET: 'sd-card' });
  expect(validate(null, overrides).config.log.commitIntervalMs).toBe(1000);
});

test('the preset holds beside options that are wrong, and a wrong preset changes nothing', () => {
  const wrong = check('preset: sd-card\nlog: { commitInterval: 2h, sealAge: 3h }');
  expect(wrong.problems).toHaveLength(1);
  expect(wrong.config.log).toMatchObject({ commitIntervalMs: 1000, sealAgeMs: 10_800_000 });
  expect(check('preset: sdcard').config).toEqual(defaultConfig());
  expect(check('preset: sd-card\nlog: 7').problems).toHaveLength(1);
});

test('a preset names options that exist, with another value than their default', () => {
  for (const [name, preset] of Object.entries(presets)) {
    expect(findPreset(name)).toBe(preset);
    for (const [option, value] of Object.entries(preset)) {
      expect(findOption(option.split('.'))?.note.byDefault).not.toBe(value);
      expect(findOption(option.split('.'))).toBeDefined();
    }
  }
  const choices = findOption(['preset'])?.note.range.split(', ');
  expect(choices).toEqual(['none', ...Object.keys(presets)]);
});
