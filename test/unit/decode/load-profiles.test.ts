// A folder of profiles: a bad file costs itself, a user's profile replaces the built-in one of its name.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDecoder } from '../../../src/decode/decoder.ts';
import { loadProfiles } from '../../../src/decode/load-profiles.ts';
import { messageOf, summaryOf } from './messages.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'profiles-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(path: string, name: string, metric = 'temperature', topic = 'a/{device}'): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(
    join(folder, path),
    `profile: ${name}\nmatch: ["${topic}"]\nformat: json\nreadings: [{ at: v, metric: ${metric} }]\n`,
  );
}

test('good files load though others are bad, and every error has its file', () => {
  write('user/good.yaml', 'good');
  writeFileSync(join(folder, 'user/bad.yaml'), 'profile: bad\nformat: jsn\nfoo: 1\n');
  writeFileSync(join(folder, 'user/huge.yaml'), `# ${'x'.repeat(300_000)}\n`);
  writeFileSync(join(folder, 'user/notes.txt'), 'no profile');
  const { profiles, errors } = loadProfiles({
    builtInFolder: null,
    folders: [join(folder, 'user'), join(folder, 'missing')],
  });
  expect(profiles.map(({ name }) => name)).toEqual(['good']);
  expect(errors.map(({ file, line }) => [file.slice(folder.length), line])).toEqual([
    ['/user/bad.yaml', 2],
    ['/user/bad.yaml', 3],
    ['/user/huge.yaml', 1],
    ['/missing', 1],
  ]);
});

test('a user’s profile takes the place of the built-in one of its name', () => {
  write('own/x.yaml', 'x', 'temperature');
  write('own/y.yaml', 'y', 'pressure', 'b/{device}');
  write('user/x.yaml', 'x', 'humidity');
  const { profiles, errors } = loadProfiles({
    builtInFolder: join(folder, 'own'),
    folders: [join(folder, 'user')],
  });
  expect(errors).toEqual([]);
  expect(profiles.map(({ name }) => name)).toEqual(['x', 'y']);
  const decoded = createDecoder({ profiles }).decode(messageOf('a/d', '{"v":40}'));
  expect(summaryOf(decoded).readings).toEqual(['d||humidity=40 %RH']);
});

test('of equal claims on a topic the user’s wins', () => {
  write('own/a.yaml', 'a', 'temperature');
  write('user/z.yaml', 'z', 'humidity');
  const { profiles } = loadProfiles({
    builtInFolder: join(folder, 'own'),
    folders: [join(folder, 'user')],
  });
  const decoded = createDecoder({ profiles }).decode(messageOf('a/d', '{"v":40}'));
  expect(decoded.profile).toBe('z');
});

test('two files of one folder with one name are an error of the second', () => {
  write('user/a.yaml', 'same');
  write('user/b.yaml', 'same');
  const { profiles, errors } = loadProfiles({
    builtInFolder: null,
    folders: [join(folder, 'user')],
  });
  expect(profiles).toHaveLength(1);
  expect(errors).toEqual([
    expect.objectContaining({
      file: join(folder, 'user/b.yaml'),
      message: expect.stringContaining('already has the name same'),
    }),
  ]);
});
