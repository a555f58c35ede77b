// The whole check, the same here and in CI: format and lint, types, the protobuf contract, the
// freshness of what is generated, and the tests of style. Runs the steps side by side, prints each
// with its time, shows the output of those that fail, and then ends with 1.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => join(root, 'node_modules/.bin', name);
const generate = join(root, '.ci/generate.mjs');

// The slowest first, so that the others fill the time beside them.
const steps = [
  ['style', bin('vitest'), ['run', 'test/unit/style', '--reporter=dot']],
  ['types', bin('tsc'), ['-p', 'test']],
  ['types of the dashboard', bin('tsc'), ['-p', 'dashboards/web']],
  ['format and lint', bin('biome'), ['ci', '--error-on-warnings', '--colors=off']],
  ['fresh protobuf', process.execPath, [generate, 'protobuf', '--check']],
  ['fresh docs', process.execPath, [generate, 'docs', '--check']],
  ['protobuf contract', bin('buf'), ['lint'], 'proto'],
];

function runStep([name, command, args, folder = '.']) {
  return new Promise((resolve) => {
    const startedMs = Date.now();
    const child = spawn(command, args, {
      cwd: join(root, folder),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, CI: 'true', NO_COLOR: '1' },
    });
    const chunks = [];
    const end = (isPassed) => {
      const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
      console.log(`${isPassed ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
      if (!isPassed) console.log(Buffer.concat(chunks).toString().replace(/^/gm, '       '));
      resolve(isPassed);
    };
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => {
      chunks.push(Buffer.from(`cannot run ${command}: ${error.message}`));
      end(false);
    });
    child.on('close', (code) => end(code === 0));
  });
}

const startedMs = Date.now();
const waiting = [...steps];
const results = [];
async function work() {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    results.push(await runStep(step));
  }
}
await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work));

const failed = results.filter((isPassed) => !isPassed).length;
const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
console.log(`${results.length - failed} of ${results.length} steps passed in ${seconds} s`);
process.exitCode = failed > 0 ? 1 : 0;
