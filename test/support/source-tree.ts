// Reads the repository's own files and imports, for the tests of style.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** The path from the root of what is imported if it is a file of the repository. */
  readonly file: string | null;
  /** The name of the package if it is an outside library. */
  readonly library: string | null;
  /** `type` is gone when it runs; `lazy` is `import()`, loaded when the code gets there. */
  readonly kind: 'static' | 'type' | 'lazy';
}

export interface SourceFile {
  /** From the root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const notOurs = new Set([
  'node_modules',
  'dist',
  '.git',
  'data',
  'demo-data',
  'test-output',
  'coverage',
]);

/** Every file below a folder, as paths from the root. */
export function listFiles(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (notOurs.has(entry.name)) return [];
    if (entry.isDirectory()) return listFiles(path);
    return entry.isFile() ? [path] : [];
  });
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** The text without comments; what strings hold stays. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

const staticImport = /^\s*(?:import|export)\s(?:[^'";]*?\sfrom\s*)?['"]([^'"]+)['"]/gm;
const lazyImport = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

function describeImport(importer: string, specifier: string, kind: Import['kind']): Import {
  if (specifier.startsWith('.')) {
    const file = posix.join(dirname(importer), specifier);
    return { specifier, file, library: null, kind };
  }
  if (specifier.startsWith('node:')) return { specifier, file: null, library: null, kind };
  const parts = specifier.split('/');
  const library = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!;
  return { specifier, file: null, library, kind };
}

function readSource(path: string): SourceFile {
  const text = readText(path);
  const code = withoutComments(text);
  const found = [
    ...[...code.matchAll(staticImport)].map((match) => {
      const isType = /^\s*(?:import|export)\s+type\b/.test(match[0]);
      return describeImport(path, match[1]!, isType ? 'type' : 'static');
    }),
    ...[...code.matchAll(lazyImport)].map((match) => describeImport(path, match[1]!, 'lazy')),
  ];
  return { path, text, imports: found };
}

/** Every TypeScript file below a folder. */
export function readSources(folder: string): SourceFile[] {
  return listFiles(folder)
    .filter((path) => /\.tsx?$/.test(path))
    .map(readSource);
}
