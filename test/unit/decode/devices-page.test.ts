// docs/devices.md is true: its profiles load, their examples come out, its table is the table.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runExamples } from '../../../src/decode/examples.ts';
import { parseProfile } from '../../../src/decode/parse-profile.ts';
import { profileJsonSchema } from '../../../src/decode/profile-schema.ts';
import { parseTopicPattern } from '../../../src/decode/topic-pattern.ts';
import { metricTable, unitSpellings } from '../../../src/decode/units.ts';
import { builtInDecoder, builtInProfiles, messageOf, summaryOf } from './messages.ts';

/** Without what the formatter puts into the tables' cells. */
const page = readFileSync(new URL('../../../docs/devices.md', import.meta.url), 'utf8').replace(
  / +\|/g,
  ' |',
);
const profiles = [...page.matchAll(/```yaml\n(profile: [\s\S]*?)```/g)].map(([, yaml]) => yaml!);

test.each(profiles)('the profile on the page loads and does what its examples say: %#', (yaml) => {
  const { profile, errors } = parseProfile(yaml, 'devices.md');
  expect(errors).toEqual([]);
  expect(profile!.examples.length).toBeGreaterThan(0);
  expect(runExamples(profile!)).toEqual([]);
});

test('the page has its profiles, and the payload it begins with is that of the first one', () => {
  expect(profiles.length).toBe(5);
  const payload = /```json\n([\s\S]*?)```/.exec(page)![1]!;
  const { profile } = parseProfile(profiles[0]!, 'devices.md');
  expect(JSON.parse(profile!.examples[0]!.payload)).toEqual(JSON.parse(payload));
});

test('what the page says of messages without a profile', () => {
  const decode = (topic: string, payload: string) =>
    summaryOf(builtInDecoder().decode(messageOf(topic, payload))).readings;
  for (const payload of ['21.5', '21.5 °C', '70.7F']) {
    expect(decode('plant/pump7/temperature', payload)).toEqual([
      'plant/pump7||temperature=21.5 Cel',
    ]);
  }
  expect(decode('plant/pump7', '{"temperature":21.5,"rpm":900}')).toEqual([
    'plant/pump7||temperature=21.5 Cel',
    'plant/pump7||rpm=900',
  ]);
});

test('every profile that comes with Millpond is on the page', () => {
  const missing = builtInProfiles.filter(({ name }) => !page.includes(`| \`${name}\` |`));
  expect(missing.map(({ name }) => name)).toEqual([]);
});

test('the topic patterns on the page are patterns', () => {
  const table = page.slice(page.indexOf('| pattern |'), page.indexOf('Where several profiles'));
  const sources = [...table.matchAll(/^\| `([^`]+)`/gm)].map(([, source]) =>
    source!.replaceAll('\\|', '|'),
  );
  expect(sources.length).toBe(5);
  for (const source of sources) expect(parseTopicPattern(source).levels.length).toBeGreaterThan(0);
});

test('every field of the format is on the page', () => {
  const schema = JSON.stringify(profileJsonSchema());
  const fields = new Set(
    [...schema.matchAll(/"(\w+)":\{"(?:description|type|anyOf)"/g)].map(([, name]) => name!),
  );
  const missing = [...fields].filter(
    (field) => !page.includes(field) && field !== 'additionalProperties',
  );
  expect(
    missing.filter(
      (field) =>
        ![
          'items',
          'prefixItems',
          'propertyNames',
          'received',
          'source',
          'title',
          'value',
          'reason',
        ].includes(field),
    ),
  ).toEqual([]);
});

test('the table of metrics is the one in use', () => {
  for (const kind of metricTable) {
    const units = unitSpellings(kind)
      .filter((unit) => unit !== '')
      .map((unit) => `\`${unit}\``)
      .join(', ');
    expect(page).toContain(`| \`${kind.metric}\` | ${units === '' ? '(none)' : units} |`);
  }
});
