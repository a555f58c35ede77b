// Makes a checkout runnable: installs from the lockfile when node_modules does not match it, and
// builds the gateway and the dashboard, each when a source of it is newer than its last build. Runs
// before start, test, check and build; with --all it builds everything anew.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    console.error(`${command} ${args.join(' ')} failed; see above.`);
    process.exit(status ?? 1);
  }
}

function digest(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function newestMs(folder) {
  let newest = statSync(folder).mtimeMs;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestMs(path) : statSync(path).mtimeMs);
  }
  return newest;
}

const installedMark = 'node_modules/.millpond-lock';
const lock = digest('package-lock.json');
if (!existsSync(installedMark) || readFileSync(installedMark, 'utf8') !== lock) {
  run('npm', ['ci', '--no-audit', '--no-fund']);
  writeFileSync(installedMark, lock);
}

const isAll = process.argv.includes('--all');

/** Whether the mark is missing, or older than one of the files and folders. */
function isStale(mark, sources) {
  if (isAll || !existsSync(mark)) return true;
  const builtMs = statSync(mark).mtimeMs;
  return [...sources, installedMark].some((path) => {
    return (statSync(path).isDirectory() ? newestMs(path) : statSync(path).mtimeMs) > builtMs;
  });
}

const builtMark = 'dist/.built';
if (isStale(builtMark, ['src', 'tsconfig.json'])) {
  rmSync('dist', { recursive: true, force: true });
  run('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
  // Its first line says how Node.js is to be run.
  chmodSync('dist/main.js', 0o755);
  writeFileSync(builtMark, '');
}

const webMark = 'dist/.built-web';
if (isStale(webMark, ['dashboards/web'])) {
  run('node', ['node_modules/vite/bin/vite.js', 'build', '-c', 'dashboards/web/vite.config.ts']);
  writeFileSync(webMark, '');
}
