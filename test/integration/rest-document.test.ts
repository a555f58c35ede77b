// docs/rest.md, command for command: what it says is printed is what is printed. The gateway is on
// another port than it says, which curl's config alone knows.
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { consoleSteps, pointTo } from '../support/console-tour.ts';
import { root, startGateway } from '../support/gateway.ts';
import { get } from '../support/rest.ts';
import { tempFolder } from '../support/temp-folder.ts';

const page = readFileSync(join(root, 'docs/rest.md'), 'utf8');
const isThere = (command: string): boolean => spawnSync(command, ['--help']).error === undefined;
const hasTools = ['mosquitto_pub', 'curl', 'jq'].every(isThere);

test.runIf(hasTools)('the commands of docs/rest.md print what it shows', async () => {
  const folder = tempFolder();
  const gateway = await startGateway(join(folder, 'data'));
  onTestFinished(() => gateway.kill());
  const environment = pointTo(gateway.addresses, folder);
  const steps = consoleSteps(page);
  expect(steps.length).toBeGreaterThan(20);
  const printed: typeof steps = [];
  for (const { command } of steps) {
    const { stdout } = await promisify(execFile)('bash', ['-c', command], {
      cwd: folder,
      env: { ...process.env, ...environment },
    });
    printed.push({ command, shown: stdout });
  }
  expect(printed).toEqual(steps);
});

test('docs/rest.md names every path of the interface', async () => {
  const gateway = await startGateway(tempFolder());
  onTestFinished(() => gateway.kill());
  const { paths } = await get<{ paths: object }>(gateway.addresses.http, '/openapi.json');
  const missing = Object.keys(paths)
    .map((path) => path.replace('/api/v1', ''))
    .filter((path) => !page.includes(`${path}\``) && !page.includes(`${path}?`));
  expect(missing).toEqual([]);
});
