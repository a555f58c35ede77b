// Every profile of devices/ loads, and every example in it comes out as it says.
import { describe, expect, test } from 'vitest';
import { runExamples } from '../../../src/decode/examples.ts';
import { loadProfiles } from '../../../src/decode/load-profiles.ts';

const { profiles, errors } = loadProfiles();

test('the built-in profiles load without an error', () => {
  expect(errors).toEqual([]);
  expect(profiles.length).toBeGreaterThanOrEqual(6);
});

describe.each(profiles)('$name', (profile) => {
  test('has the name of its file', () => {
    expect(profile.file.endsWith(`/${profile.name}.yaml`)).toBe(true);
  });

  test('makes of its examples what they say', () => {
    expect(profile.examples.length).toBeGreaterThan(0);
    expect(runExamples(profile)).toEqual([]);
  });
});
