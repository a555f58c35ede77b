// Writes what comes out of other files: src/generated from proto/, and the generated pages in docs/
// from the code. With --check it writes nothing and fails if what is there is stale. A first
// argument `protobuf` or `docs` does that part alone.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  commandsPage,
  configurationPage,
  configurationSchema,
  errorsPage,
  metricsPage,
  profileSchema,
} from './pages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const isCheck = process.argv.includes('--check');
const part = process.argv.slice(2).find((argument) => !argument.startsWith('--'));

function run(command, args, cwd = root) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? 'see above'}`);
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** As the formatter wants it, so that the check finds nothing to complain of in a generated page. */
function format(name, text) {
  const biome = join(root, 'node_modules/.bin/biome');
  const args = ['format', `--stdin-file-path=docs/${name}`];
  const { status, stdout, stderr } = spawnSync(biome, args, {
    cwd: root,
    input: text,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`cannot format docs/${name}: ${stderr}`);
  return stdout;
}

/** Into `<folder>/src/generated`, which is emptied first. */
function generateProtobuf(folder) {
  mkdirSync(join(folder, 'proto'), { recursive: true });
  const buf = join(root, 'node_modules/.bin/buf');
  run(buf, ['generate', '--output', join(folder, 'proto')], join(root, 'proto'));
}

/** Into `<folder>/docs`. The sources are compiled on the side: this must work on a stale dist. */
async function generateDocs(folder) {
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
  const built = mkdtempSync(join(root, 'node_modules/.cache/docs-'));
  try {
    // Inside node_modules, so that the libraries are found; there a package.json must say ESM.
    writeFileSync(join(built, 'package.json'), '{"type":"module"}');
    const tsc = join(root, 'node_modules/.bin/tsc');
    run(tsc, ['-p', root, '--noCheck', '--declaration', 'false', '--outDir', built]);
    const load = (file) => import(pathToFileURL(join(built, file)).href);
    const pages = {
      'configuration.md': configurationPage({
        ...(await load('config/option-tree.js')),
        ...(await load('config/environment.js')),
        ...(await load('config/presets.js')),
      }),
      'millpond.schema.json': configurationSchema({
        ...(await load('config/schema.js')),
        ...(await load('config/option.js')),
        ...(await import('zod')),
      }),
      'profile.schema.json': profileSchema(await load('decode/profile-schema.js')),
      'errors.md': errorsPage(await load('core/errors.js')),
      'metrics.md': metricsPage({
        ...(await load('observability/io-metrics.js')),
        ...(await load('observability/log-metrics.js')),
        ...(await load('observability/serial-watch.js')),
      }),
      'cli.md': commandsPage({
        ...(await load('cli/program.js')),
        ...(await load('cli/exit-codes.js')),
      }),
    };
    mkdirSync(join(folder, 'docs'), { recursive: true });
    for (const [name, text] of Object.entries(pages)) {
      writeFileSync(join(folder, 'docs', name), name.endsWith('.md') ? format(name, text) : text);
    }
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
}

/** Names every file that differs, is missing or should not be there. */
function findStale(fresh) {
  const generated = 'src/generated';
  const wanted = filesUnder(fresh);
  const present = part === 'docs' ? [] : filesUnder(join(root, generated));
  const surplus = present.map((file) => join(generated, file)).filter((f) => !wanted.includes(f));
  const stale = wanted.filter((file) => {
    const there = join(root, file);
    return !existsSync(there) || !readFileSync(there).equals(readFileSync(join(fresh, file)));
  });
  return [...stale, ...surplus];
}

const folder = isCheck ? mkdtempSync(join(tmpdir(), 'millpond-generate-')) : root;
try {
  if (!existsSync(join(root, 'node_modules/.bin/tsc'))) run('node', [join(root, '.ci/ready.mjs')]);
  if (part !== 'docs') generateProtobuf(folder);
  if (part !== 'protobuf') await generateDocs(folder);
  const stale = isCheck ? findStale(folder) : [];
  for (const file of stale) {
    console.error(`${file} is not what its source makes: run \`npm run generate\` and commit it.`);
  }
  process.exitCode = stale.length > 0 ? 1 : 0;
} finally {
  if (isCheck) rmSync(folder, { recursive: true, force: true });
}
