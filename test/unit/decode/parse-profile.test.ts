// Every mistake in a profile is told in one go, with its line, its column and what would be right.
import { expect, test } from 'vitest';
import { MillpondError } from '../../../src/core/errors.ts';
import {
  formatProfileError,
  parseProfile,
  parseProfileOrThrow,
} from '../../../src/decode/parse-profile.ts';
import { profileJsonSchema } from '../../../src/decode/profile-schema.ts';

function errorsOf(yaml: string): string[] {
  return parseProfile(yaml, 'x.yaml').errors.map(formatProfileError);
}

test('fields that do not exist and values of the wrong kind, all at once', () => {
  const errors = errorsOf(`profile: Wrong Name
match: ["a/{device}"]
formt: json
format: jsn
readings:
  - at: t
    metrik: temperature
    metric: temperature
    scale: "ten"
`);
  expect(errors).toEqual([
    'x.yaml:1:1: profile: a name is lower case, digits, - and _',
    'x.yaml:3:1: formt: there is no such field; did you mean format?',
    expect.stringMatching(/^x\.yaml:4:1: format: .*"json"\|"number"/),
    'x.yaml:7:5: readings[0].metrik: there is no such field; did you mean metric?',
    expect.stringMatching(/^x\.yaml:9:5: readings\[0\]\.scale: .*expected number/),
  ]);
});

test('a unit that the metric does not take names those it takes', () => {
  const errors = errorsOf(`profile: a
match: ["a/{device}"]
format: json
readings:
  - at: t
    metric: temperature
    unit: bar
`);
  expect(errors).toEqual([
    expect.stringMatching(
      /^x\.yaml:7:5: readings\[0\]\.unit: "bar" is no unit of temperature; it is one of Cel, C, /,
    ),
  ]);
});

test('captures, paths, topics and options are checked against each other', () => {
  const errors = errorsOf(`profile: a
match:
  - "a/{device}/{device}"
  - "a/#/b"
  - topic: "b/+"
    format: csv
ignore: ["{a...}/{b...}"]
format: json
columns: [a]
readings:
  - { at: "a..b", metric: temperature }
  - { at: "{x}{y}", metric: temperature }
  - { at: t, metric: "{name}" }
  - { metric: temperature }
`);
  expect(errors).toEqual([
    'x.yaml:3:5: match[0]: {device} is captured twice',
    'x.yaml:4:5: match[1]: # may only be the last level; use {name...} before it',
    expect.stringMatching(/^x\.yaml:4:5: match\[1\]: no device: /),
    expect.stringMatching(/^x\.yaml:5:5: match\[2\]: no device: capture \{device\} in the topic/),
    'x.yaml:7:10: ignore[0]: only one level may stand for many levels',
    'x.yaml:9:1: columns: columns belongs to format: csv',
    'x.yaml:11:7: readings[0].at: a segment of the path is empty',
    expect.stringMatching(
      /^x\.yaml:12:7: readings\[1\]\.at: "\{x\}\{y\}" has two captures side by side/,
    ),
    expect.stringMatching(
      /^x\.yaml:13:14: readings\[2\]\.metric: "\{name\}" uses \{name\}, which neither/,
    ),
    expect.stringMatching(/^x\.yaml:14:5: readings\[3\].*`at` is missing/),
  ]);
});

test('what is not YAML says where', () => {
  expect(errorsOf('profile: a\nmatch: [a/{device}]\n')).toEqual([
    expect.stringMatching(/^x\.yaml:2:\d+: /),
  ]);
  expect(errorsOf('profile: a\nprofile: b\n')).toEqual([expect.stringContaining('unique')]);
  expect(errorsOf('')).toHaveLength(1);
  expect(errorsOf('- a')).toHaveLength(1);
  expect(errorsOf('profile: a\n')).toEqual([
    'x.yaml:1:1: the profile matches no topic and has no readings; it needs one of them',
  ]);
});

test('aliases that multiply are refused and not expanded', () => {
  const levels = Array.from({ length: 12 }, (_, level) =>
    level === 0
      ? 'a0: &a0 [x, x]'
      : `a${level}: &a${level} [${Array(10)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
  );
  expect(errorsOf(levels.join('\n')).length).toBeGreaterThan(0);
});

test('a caller that needs the profile gets PROFILE_INVALID with every line', () => {
  const parse = () => parseProfileOrThrow('profile: a\nformat: jsn\nfoo: 1\n', 'x.yaml');
  expect(parse).toThrow(MillpondError);
  expect(parse).toThrow(/x\.yaml:2:1: [^\n]+\nx\.yaml:3:1: /);
});

test('editors get a JSON Schema with the reasons in it', () => {
  const schema = profileJsonSchema() as { properties: Record<string, { description?: string }> };
  expect(Object.keys(schema.properties)).toContain('readings');
  expect(schema.properties.priority?.description).toContain('specificity');
});

test('texts, bytes and times that cannot be are named with their places', () => {
  const wrong = `profile: wrong
match: ["w/{device}"]
format: bytes
time: { at: t, format: "DD.MM hh:mm" }
bytes:
  at: q
  fields:
    a: { offset: 0, type: i16, sign: magnitude }
    b: { offset: 0, type: u8, bits: [4, 8] }
readings:
  - { at: a, metric: temperature, type: text }
  - { at: b, metric: x, pattern: "{a:number}" }
  - { at: b, metric: x, when: { at: "..." } }
  - { at: b, decoder: nosuch }
`;
  const { profile, errors } = parseProfile(wrong, 'wrong.yaml');
  expect(profile).toBeNull();
  expect(errors.map(({ line, column }) => [line, column])).toEqual([
    [4, 16],
    [6, 3],
    [8, 5],
    [9, 31],
    [11, 35],
    [12, 25],
    [13, 25],
    [14, 14],
  ]);
  const text = `profile: wrong
match: ["w/{device}"]
format: text
patterns: ["T={t}{u:number}", "x={v:flot}"]
readings: [{ at: t, metric: temperature }]
`;
  expect(parseProfile(text, 'wrong.yaml').errors.map(({ message }) => message)).toEqual([
    expect.stringContaining('{t} has no end'),
    expect.stringContaining('there is no kind flot'),
  ]);
});
