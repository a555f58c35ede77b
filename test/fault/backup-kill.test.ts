// SIGKILL at random moments of a backup, of the gateway or of the command: a folder with the right name
// is a whole copy, the gateway starts clean again, and the next backup finds nothing in its way.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import {
  type GatewayProcess,
  makeFolder,
  program,
  removeFolder,
  startGateway,
} from '../support/gateway.ts';
import { chooseSeed, randomFrom } from '../support/random.ts';
import { readAll } from '../support/readings.ts';

const ROUNDS = Number(process.env.TEST_BACKUP_KILLS ?? 4);
/** About what a backup of so little takes, the start of the command included. */
const BACKUP_MS = 900;

let folder = '';
let gateway: GatewayProcess | null = null;

afterEach(async () => {
  await gateway?.kill();
  removeFolder(folder);
});

function start(dataDir: string): Promise<GatewayProcess> {
  return startGateway(dataDir, { MILLPOND_LOG_SEAL_ROWS: '100' });
}

async function publish({ addresses }: GatewayProcess, first: number, count: number) {
  const client = await connectAsync(`mqtt://${addresses.mqtt}`);
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      client.publishAsync('home/attic/temperature', String(first + index), { qos: 1 }),
    ),
  );
  await client.endAsync();
}

function backup({ addresses }: GatewayProcess, target: string): ChildProcess {
  const args = [program, 'backup', '--grpc', addresses.grpc, target];
  return spawn(process.execPath, args, { stdio: 'ignore' });
}

async function expectRows({ addresses }: GatewayProcess, count: number): Promise<void> {
  const readings = await readAll(addresses.grpc);
  expect(readings.map(({ offset }) => Number(offset))).toEqual(readings.map((_, index) => index));
  expect(readings.length).toBe(count);
}

test(`${ROUNDS} kills`, { timeout: 60_000 + ROUNDS * 30_000 }, async () => {
  const random = randomFrom(chooseSeed());
  folder = makeFolder('backup-kill');
  const data = join(folder, 'data');
  let count = 0;
  for (let round = 0; round < ROUNDS; round++) {
    gateway = await start(data);
    expect(existsSync(join(data, 'backup.tmp'))).toBe(false);
    await publish(gateway, count, 120);
    count += 120;
    const target = join(folder, `copy${round}`);
    const command = backup(gateway, target);
    const ended = once(command, 'exit');
    await new Promise((resolve) => setTimeout(resolve, random() * BACKUP_MS));
    if (random() < 0.5) command.kill('SIGKILL');
    else await gateway.kill();
    await ended;
    await gateway.kill();
    if (!existsSync(target)) continue;
    gateway = await start(target);
    await expectRows(gateway, count);
    await gateway.kill();
  }

  gateway = await start(data);
  await expectRows(gateway, count);
  const target = join(folder, 'copy0');
  removeFolder(target);
  const [code] = await once(backup(gateway, target), 'exit');
  expect(code).toBe(0);
  expect(readdirSync(target)).toContain('hot.duckdb');
  expect(existsSync(join(folder, '.copy0.millpond-partial'))).toBe(false);
});
