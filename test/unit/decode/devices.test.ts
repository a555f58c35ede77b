// Every profile of devices/ loads, and every example in it comes out as it says.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runExamples } from '../../../src/decode/examples.ts';
import { loadProfiles } from '../../../src/decode/load-profiles.ts';

const { profiles, errors } = loadProfiles();
const homeMade = new Set(['flat-json', 'plain-number']);

test('the built-in profiles load without an error', () => {
  expect(errors).toEqual([]);
  expect(profiles.length).toBeGreaterThanOrEqual(6);
});

describe.each(profiles)('$name', (profile) => {
  test('has the name of its file', () => {
    expect(profile.file.endsWith(`/${profile.name}.yaml`)).toBe(true);
  });

  test('begins with what its family is, and names where that is documented', () => {
    const text = readFileSync(profile.file, 'utf8');
    expect(text).toMatch(/^# \S/);
    // Forms that no maker documents.
    if (homeMade.has(profile.name)) return;
    expect(text).toMatch(/^source:.*(?:\n {2}- )?"?https?:\/\//m);
    expect(text).toMatch(/^# ?(?:Traps|.*trap)/m);
  });

  test('makes of its examples what they say', () => {
    expect(profile.examples.length).toBeGreaterThan(0);
    expect(runExamples(profile)).toEqual([]);
  });
});
