// Who may import whom, as a table: the flow goes one way, each outside library lives behind one
// folder, and only the composing files introduce the parts to one another.
import { expect, test } from 'vitest';
import { readSources, readText, type SourceFile } from '../../support/source-tree.ts';

const sources = readSources('src').filter(({ path }) => !path.endsWith('.d.ts'));
const byPath = new Map(sources.map((source) => [source.path, source]));

/** Folders that each part may import beside its own; `*` is everything. */
const allowedParts: Readonly<Record<string, readonly string[]>> = {
  core: [],
  observability: ['core'],
  config: ['core'],
  decode: ['core', 'observability'],
  log: ['core', 'observability'],
  bridge: ['core'],
  query: ['core', 'observability', 'log', 'generated'],
  sources: ['core', 'observability'],
  delivery: ['core', 'observability'],
  'delivery/grpc': ['generated'],
  generated: [],
  client: ['core', 'generated'],
  cli: ['*'],
  'main.ts': ['*'],
  'gateway.ts': ['*'],
  'log-thread.ts': ['*'],
};

/** The only places of each outside library: folders or files below src/. */
const libraryHomes: Readonly<Record<string, readonly string[]>> = {
  '@bufbuild/protobuf': ['delivery/grpc', 'query', 'generated', 'decode/builtin'],
  '@duckdb/node-api': ['log', 'query', 'cli/query'],
  '@duckdb/node-bindings': ['log', 'query'],
  '@fastify/static': ['delivery/http'],
  '@fastify/swagger': ['delivery/http'],
  '@grpc/grpc-js': ['delivery/grpc', 'generated', 'client'],
  '@grpc/proto-loader': ['delivery/grpc'],
  '@grpc/reflection': ['delivery/grpc'],
  '@uwdata/flechette': ['delivery/grpc/arrow', 'query'],
  aedes: ['sources/mqtt'],
  'aedes-persistence': ['sources/mqtt'],
  cborg: ['decode/builtin'],
  commander: ['cli', 'main.ts'],
  fastify: ['delivery/http'],
  'fastify-type-provider-zod': ['delivery/http'],
  'grpc-health-check': ['delivery/grpc'],
  mqemitter: ['sources/mqtt'],
  mqtt: ['cli/demo.ts', 'cli/demo'],
  pino: ['observability'],
  'prom-client': ['observability', 'delivery/http'],
  'modbus-serial': ['sources/serial'],
  serialport: ['sources/serial'],
  'string-width': ['cli/terminal'],
  ws: ['delivery/http'],
  yaml: ['config', 'decode'],
  zod: ['config', 'decode', 'delivery/http'],
};

/** `src/sources/mqtt/x.ts` is of the parts sources and sources/mqtt; `src/main.ts` of main.ts. */
function partsOf(path: string): { whole: string; own: string } {
  const [, whole = '', second = ''] = path.split('/');
  const hasSubfolders = whole === 'sources' || whole === 'delivery';
  const own = hasSubfolders && path.split('/').length > 3 ? `${whole}/${second}` : whole;
  return { whole, own };
}

function isWithin(path: string, places: readonly string[]): boolean {
  return places.some((place) => path === `src/${place}` || path.startsWith(`src/${place}/`));
}

function findBreaches({ path, imports }: SourceFile): string[] {
  const from = partsOf(path);
  const allowed = [...(allowedParts[from.whole] ?? []), ...(allowedParts[from.own] ?? [])];
  return imports.flatMap(({ file, library, specifier }) => {
    if (library !== null) {
      const homes = libraryHomes[library];
      if (homes === undefined) return `${path}: ${specifier} has no home in the table of this test`;
      return isWithin(path, homes) ? [] : `${path}: ${specifier} belongs in ${homes.join(', ')}`;
    }
    if (file === null || allowed.includes('*')) return [];
    const to = partsOf(file);
    // A subfolder shares what lies directly in its parent, and nothing with its neighbours.
    if (to.own === from.own || to.own === from.whole) return [];
    return allowed.includes(to.whole) ? [] : `${path}: must not import ${file}`;
  });
}

function findCycle(start: SourceFile): string[] | null {
  const seen = new Set<string>();
  const walk = (path: string, trail: readonly string[]): string[] | null => {
    if (trail.length > 0 && path === start.path) return [...trail, path];
    if (seen.has(path)) return null;
    seen.add(path);
    for (const { file } of byPath.get(path)?.imports ?? []) {
      const cycle = file === null ? null : walk(file, [...trail, path]);
      if (cycle !== null) return cycle;
    }
    return null;
  };
  return walk(start.path, []);
}

test('a part imports only what the table allows', () => {
  expect(sources.length).toBeGreaterThan(20);
  expect(sources.flatMap(findBreaches)).toEqual([]);
});

test('every part of the tree is in the table', () => {
  const parts = new Set(sources.map(({ path }) => partsOf(path).whole));
  expect([...parts].filter((part) => !(part in allowedParts))).toEqual([]);
});

test('what is imported exists, and is named with its extension', () => {
  const missing = sources.flatMap(({ path, imports }) =>
    imports
      .filter(({ file }) => file?.startsWith('src/') && !byPath.has(file))
      .map(({ specifier }) => `${path}: there is no ${specifier}`),
  );
  expect(missing).toEqual([]);
});

test('no file imports itself by way of others', () => {
  const cycles = sources.map(findCycle).filter((cycle) => cycle !== null);
  expect(cycles.map((cycle) => cycle.join(' → '))).toEqual([]);
});

test('there are no barrel files', () => {
  const barrels = sources.filter(({ path }) => /(^|\/)(index|mod)\.ts$/.test(path));
  expect(barrels.map(({ path }) => path)).toEqual([]);
});

test('an outside library is a dependency of the package, and each has its home', () => {
  const { dependencies } = JSON.parse(readText('package.json')) as {
    dependencies: Record<string, string>;
  };
  const imported = sources.flatMap(({ imports }) =>
    imports.flatMap(({ library }) => library ?? []),
  );
  expect([...new Set(imported)].filter((library) => !(library in dependencies))).toEqual([]);
  expect(Object.keys(dependencies).filter((library) => !(library in libraryHomes))).toEqual([]);
});

test('the command line starts without loading a database, a broker or a server', () => {
  const loaded = new Set<string>();
  const libraries = new Set<string>();
  const walk = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { file, library, kind } of byPath.get(path)?.imports ?? []) {
      if (kind !== 'static') continue;
      if (library !== null) libraries.add(library);
      if (file !== null) walk(file);
    }
  };
  walk('src/main.ts');
  expect(loaded.size).toBeGreaterThan(5);
  expect([...libraries]).toEqual(['commander']);
});
