// The documents say what the code does: every error, every dependency, every command they name.
import { expect, test } from 'vitest';
import { type ErrorCode, errorTable } from '../../../src/core/errors.ts';
import { listFiles, readSources, readText, withoutComments } from '../../support/source-tree.ts';

const manifest = JSON.parse(readText('package.json')) as {
  dependencies: Record<string, string>;
  scripts: Record<string, string>;
};

test('docs/errors.md has every error code with its status, and no other', () => {
  const rows = readText('docs/errors.md').matchAll(/^\| `([A-Z_]+)` +\| `([A-Z_]+)` +\|/gm);
  const documented = Object.fromEntries([...rows].map((row) => [row[1], row[2]]));
  const codes = Object.keys(errorTable) as ErrorCode[];
  const statuses = Object.fromEntries(codes.map((code) => [code, errorTable[code].status]));
  expect(documented).toEqual(statuses);
});

test('every error code is raised somewhere', () => {
  const code = readSources('src')
    .filter(({ path }) => path !== 'src/core/errors.ts' && !path.startsWith('src/generated/'))
    .map(({ text }) => withoutComments(text))
    .join('\n');
  // INTERNAL is what asMillpondError makes of everything else.
  const unused = Object.keys(errorTable).filter(
    (name) => name !== 'INTERNAL' && !code.includes(`'${name}'`),
  );
  expect(unused).toEqual([]);
});

test('every error code is in a test', () => {
  const tests = readSources('test')
    .filter(({ path }) => !path.startsWith('test/unit/style/'))
    .map(({ text }) => text)
    .join('\n');
  const untested = Object.keys(errorTable).filter(
    (name) => !new RegExp(`\\b${name}\\b`).test(tests),
  );
  expect(untested).toEqual([]);
});

test('docs/architecture.md says why each dependency is there', () => {
  const architecture = listFiles('docs').includes('docs/architecture.md')
    ? readText('docs/architecture.md')
    : '';
  const missing = Object.keys(manifest.dependencies).filter(
    (name) => !architecture.includes(`\`${name}\``),
  );
  expect(missing).toEqual([]);
});

test('README.md names only npm scripts that exist', () => {
  const readme = readText('README.md');
  const named = [...readme.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)];
  const missing = named
    .map((match) => match[1] ?? match[2]!)
    .filter((name) => !(name in manifest.scripts));
  expect(missing).toEqual([]);
});

test('links between the documents lead somewhere', () => {
  const pages = [...listFiles('docs'), 'README.md'].filter((path) => path.endsWith('.md'));
  const files = new Set(listFiles('.'));
  const folders = new Set([...files].map((path) => path.split('/').slice(0, -1).join('/')));
  const broken = pages.flatMap((page) => {
    const links = readText(page).matchAll(/\]\((?![a-z]+:|#)([^)\s#]+)(?:#[^)]*)?\)/g);
    return [...links].flatMap((link) => {
      const { pathname } = new URL(link[1]!, `file:///${page}`);
      const target = decodeURI(pathname).slice(1).replace(/\/$/, '');
      return files.has(target) || folders.has(target) ? [] : `${page}: ${link[1]}`;
    });
  });
  expect(broken).toEqual([]);
});
