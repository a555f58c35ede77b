// docs/architecture.md's table of limits is the code's: every limit with its default, every metric.
import { expect, test } from 'vitest';
import { allOptions, pathText } from '../../../src/config/option-tree.ts';
import { listFiles, readSources, readText } from '../../support/source-tree.ts';

const page = readText('docs/architecture.md');
const defaults = new Map(allOptions.map(({ path, note }) => [pathText(path), note.byDefault]));

/** Options of the table, with the default that it states. */
const rows = [...page.matchAll(/^\|[^|]+\|[^|]+\| `([\w.[\]]+)` +\| `(\w+)` +\|/gm)];

test('the table of limits has the defaults of the schema', () => {
  expect(rows.length).toBeGreaterThan(20);
  const stated = Object.fromEntries(rows.map((row) => [row[1], row[2]]));
  const real = Object.fromEntries(rows.map((row) => [row[1], defaults.get(row[1]!)]));
  expect(stated).toEqual(real);
});

test('every option that limits a number or a size is in the table', () => {
  const inTable = new Set(rows.map((row) => row[1]));
  const limits = allOptions.filter(({ note }) => note.kind === 'count' || note.kind === 'size');
  const missing = limits.map(({ path }) => pathText(path)).filter((path) => !inTable.has(path));
  expect(missing).toEqual([]);
});

test('every metric and every file that the page names exists', () => {
  const sources = readSources('src');
  const code = sources.map(({ text }) => text).join('\n');
  const metrics = [...page.matchAll(/`(millpond_\w+)`/g)].map((match) => match[1]!);
  expect(metrics.length).toBeGreaterThan(10);
  expect(metrics.filter((metric) => !code.includes(`'${metric}'`))).toEqual([]);
  const files = [...page.matchAll(/`([\w/-]+\.(?:test\.)?ts)`/g)].map((match) => match[1]!);
  const paths = [...sources.map(({ path }) => path), ...listFiles('test')];
  const missing = files.filter((file) => !paths.some((path) => `/${path}`.endsWith(`/${file}`)));
  expect(missing).toEqual([]);
});
