// The README's tour, command for command: what it says is printed is what is printed. Only the
// ports differ, so that the test does not meet a gateway that runs on this machine.
import { type ChildProcess, execFile, spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { consoleSteps, pointTo } from '../support/console-tour.ts';
import { root, startGateway } from '../support/gateway.ts';
import { tempFolder } from '../support/temp-folder.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const hasMosquitto = spawnSync('mosquitto_pub', ['--help']).error === undefined;

/** Leaves out what no two runs have in common: times, sizes, ports. */
function withoutChance(text: string): string {
  return (
    text
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d/g, '<time>')
      .replace(/127\.0\.0\.1:\d+/g, '<address>')
      .replace(/ *[\d.]+ (s|ms|B|KiB|MiB|GiB|TiB)\b/g, ' <amount>')
      // Columns are as wide as what stands in them.
      .replace(/ {2,}/g, '  ')
  );
}

/** A folder that looks like the checkout from inside, without its data. */
function checkout(): string {
  const folder = tempFolder();
  for (const name of ['dist', 'proto', 'node_modules', 'package.json']) {
    symlinkSync(join(root, name), join(folder, name));
  }
  const consumer = /^```js\n(.*?)^```$/ms.exec(readme)?.[1] ?? '';
  writeFileSync(join(folder, 'consumer.mjs'), consumer);
  return folder;
}

test.runIf(hasMosquitto)('the tour is as it is written', { timeout: 120_000 }, async () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  // `npm start` would build, perhaps under the feet of other tests; what it runs is known.
  expect(scripts.start).toBe('dist/main.js serve');

  const folder = checkout();
  let gateway: ChildProcess | null = null;
  onTestFinished(() => void gateway?.kill('SIGKILL'));
  let environment: Record<string, string> = {};

  const steps = consoleSteps(readme);
  expect(steps.length).toBeGreaterThan(10);
  for (const { command, shown } of steps) {
    if (command === 'npm start') {
      const started = await startGateway(join(folder, 'data'));
      gateway = started.child;
      environment = pointTo(started.addresses, folder);
      const ready = `${JSON.stringify(started.addresses)}\n`;
      expect(withoutChance(ready)).toBe(withoutChance(shown.replace('…\n', '').trimStart()));
      continue;
    }
    const { stdout } = await promisify(execFile)('bash', ['-c', command], {
      cwd: folder,
      env: { ...process.env, npm_config_offline: 'true', TZ: 'UTC', ...environment },
    });
    expect(withoutChance(`${command}\n${stdout}`)).toBe(withoutChance(`${command}\n${shown}`));
  }
});
