// What every file keeps to: its name, its length, its opening comment, its words.
import { expect, test } from 'vitest';
import { listFiles, readSources, readText, withoutComments } from '../../support/source-tree.ts';

const sources = readSources('src').filter(({ path }) => !path.startsWith('src/generated/'));
const tests = readSources('test');
const dashboard = readSources('dashboards/web');
const all = [...sources, ...dashboard, ...tests];
const linesMax = 400;

function nameOf(path: string): string {
  return path.split('/').at(-1)!;
}

test('every source and every test opens with a comment that says its place', () => {
  const bare = all.filter(({ text }) => !/^(#!.*\n)?(\/\/ \S|\/\*\*)/.test(text));
  expect(bare.map(({ path }) => path)).toEqual([]);
});

test(`no source is longer than ${linesMax} lines`, () => {
  const long = [...sources, ...dashboard].filter(
    ({ text }) => text.split('\n').length - 1 > linesMax,
  );
  expect(long.map(({ path }) => path)).toEqual([]);
});

test('files and folders are named in kebab-case', () => {
  const wrong = all.filter(
    ({ path }) =>
      !/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d|\.config)?\.tsx?$/.test(path),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test('no file has a name that says nothing', () => {
  const empty =
    /^((manager|helpers?|utils?|data|info|process|common|misc)|.*-(manager|helpers?|utils?|info))\.tsx?$/;
  const wrong = all.filter(({ path }) => empty.test(nameOf(path)));
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test('nothing is of type any', () => {
  const ofAny = /(?::|<|\||&|,|\bas)\s*any\b\s*(?:[;,)>=\]|&[{]|$)/m;
  const wrong = all.filter(({ text }) => {
    const code = withoutComments(text).replace(/'[^'\n]*'|"[^"\n]*"|`[^`]*`/g, "''");
    return ofAny.test(code);
  });
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test('nothing in the repository depends on where it was made', () => {
  // Put together here, so that this file does not find itself.
  const words = [
    ['/wo', 'rk/'],
    ['fa', 'rm-'],
    ['registry', '.npmjs'],
    ['issue', ' #'],
  ];
  const forbidden = words.map((parts) => parts.join(''));
  const found = listFiles('.')
    .filter((path) => !/\.(png|jpg|ico|parquet|woff2?|bin)$/.test(path))
    .flatMap((path) => {
      const text = readText(path);
      return forbidden.filter((word) => text.includes(word)).map((word) => `${path}: ${word}`);
    });
  expect(found).toEqual([]);
});
