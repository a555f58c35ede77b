// The examples, run as examples/README.md says: from the checkout, with the gateway's address.
import {
  type ChildProcessWithoutNullStreams,
  execFileSync,
  spawn,
  spawnSync,
} from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { MillpondClient } from '../../src/client/client.ts';
import { Connection } from '../../src/client/connection.ts';
import {
  type GatewayProcess,
  makeFolder,
  removeFolder,
  root,
  startGateway,
} from '../support/gateway.ts';

/** Debian's own Python may stand behind another one that has not its packages. */
const python = ['python3', '/usr/bin/python3'].find(
  (command) => spawnSync(command, ['-c', 'import grpc, grpc_tools, pandas']).status === 0,
);

/** A folder that looks like the checkout, and in which modules may be generated. */
function checkout(): string {
  const folder = makeFolder('examples');
  for (const name of ['dist', 'proto', 'node_modules', 'package.json']) {
    symlinkSync(join(root, name), join(folder, name));
  }
  cpSync(join(root, 'examples'), join(folder, 'examples'), { recursive: true });
  return folder;
}

const folder = checkout();
const bin = join(folder, 'bin');
const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
const running: ChildProcessWithoutNullStreams[] = [];
let gateway: GatewayProcess;
let client: MillpondClient;

beforeAll(async () => {
  mkdirSync(bin);
  if (python !== undefined) {
    const path = execFileSync(python, ['-c', 'import sys; print(sys.executable)'], {
      encoding: 'utf8',
    });
    symlinkSync(path.trim(), join(bin, 'python3'));
    // The command that the page gives.
    const page = readFileSync(join(folder, 'examples/README.md'), 'utf8');
    const command = /^\$ (python3 -m grpc_tools.*)$/m.exec(page)?.[1] ?? '';
    const [program = '', ...args] = command.split(' ');
    execFileSync(program, args, { cwd: folder, env });
  }
});

afterAll(() => removeFolder(folder));

afterEach(async () => {
  await Promise.all(running.splice(0).map(kill));
});

/** With all its children: npx starts the example as one. */
async function kill(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'close');
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}

class Example {
  readonly lines: string[] = [];
  readonly child: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<unknown>;
  #stderr = '';
  #wake: () => void = () => undefined;

  constructor(command: readonly string[], args: readonly string[]) {
    const [program = '', ...rest] = command;
    this.child = spawn(program, [...rest, ...args], { cwd: folder, env, detached: true });
    running.push(this.child);
    this.#exited = once(this.child, 'close').then(() => this.#wake());
    this.child.stderr.on('data', (data) => {
      this.#stderr += String(data);
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.lines.push(line);
      this.#wake();
    });
  }

  /** Resolves with the lines when there are so many. */
  async shown(count: number): Promise<string[]> {
    while (this.lines.length < count) {
      if (this.child.exitCode !== null) throw new Error(`it ended: ${this.#stderr}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.lines;
  }

  /** Resolves with the next line. */
  change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  async ended(): Promise<string[]> {
    await this.#exited;
    expect(this.child.exitCode, this.#stderr).toBe(0);
    return this.lines;
  }
}

async function untilSubscribed(count: number): Promise<void> {
  const connection = new Connection(gateway.addresses.grpc);
  while ((await connection.status()).subscribers !== count);
  connection.close();
}

async function send(device: string, ...values: number[]): Promise<void> {
  for (const value of values) {
    await client.publish([{ device, metric: 'temperature', value, unit: 'Cel' }]);
  }
}

const languages = [
  { language: 'TypeScript', run: ['npx', 'tsx'], file: (name: string) => `typescript/${name}.ts` },
  {
    language: 'Python',
    run: ['python3'],
    file: (name: string) => `python/${name.replace('-', '_')}.py`,
  },
];

describe.each(languages)('$language', ({ language, run, file }) => {
  // CI has it: there a missing one is a failure.
  const isHere = language !== 'Python' || python !== undefined || process.env.CI !== undefined;
  const start = (name: string, ...args: string[]) =>
    new Example([...run, `examples/${file(name)}`], [gateway.addresses.grpc, ...args]);

  const dataDir = makeFolder('data');

  beforeAll(async () => {
    gateway = await startGateway(dataDir);
    client = new MillpondClient(gateway.addresses.grpc);
  });

  afterAll(async () => {
    client.close();
    await gateway.stop();
    removeFolder(dataDir);
  });

  test.runIf(isHere)('follow goes on where it was', async () => {
    await send('boiler', 61.5, 62);
    const first = start('follow');
    expect(await first.shown(2)).toEqual(['boiler temperature 61.5 Cel', expect.any(String)]);
    await committed('follow-example', 2);
    await kill(first.child);
    await untilSubscribed(0);
    await send('attic', 20.25);
    expect(await start('follow').shown(1)).toEqual(['attic temperature 20.25 Cel']);
  });

  test.runIf(isHere)(
    'alarm tells when the mean rises above the limit, and when it falls',
    async () => {
      const alarm = start('alarm', '30');
      expect(await alarm.shown(1)).toEqual(['watching for more than 30 °C']);
      await untilSubscribed(1);
      await send('oven', 20, 30, 45, 23, 0, 0);
      await send('fridge', 5);
      expect(await alarm.shown(3)).toEqual([
        'watching for more than 30 °C',
        'oven: ALARM, mean 31.7 °C',
        'oven: well again, mean 29.5 °C',
      ]);
    },
  );

  test.runIf(isHere)('workers share what comes, and what fails comes again', async () => {
    const workers = [start('worker'), start('worker')];
    await membersOf('worker-example', 2);
    await client.publish(
      ['saw', 'mill', 'press'].map((device) => ({ device, metric: 'state', value: 'broken' })),
    );
    const states = () =>
      workers.flatMap(({ lines }) => lines.filter((line) => line.includes(' state '))).sort();
    while (states().length < 3) await Promise.race(workers.map((worker) => worker.change()));
    expect(states()).toEqual([
      'mill state broken, delivery 2',
      'press state broken, delivery 2',
      'saw state broken, delivery 2',
    ]);
  });

  test.runIf(isHere)('replay-day shows each hour of the day', async () => {
    await send('garden', 10, 20);
    const lines = await start('replay-day').ended();
    expect(lines.join('\n')).toMatch(/garden.*temperature.*Cel.*2.*15.*10.*20/);
    expect((await start('replay-day', '2001-01-01').ended()).join('\n')).not.toContain('garden');
  });
});

async function committed(consumer: string, nextOffset: number): Promise<void> {
  const connection = new Connection(gateway.addresses.grpc);
  for (;;) {
    const { consumers } = await connection.status();
    if (consumers.some((one) => one.consumer === consumer && Number(one.nextOffset) >= nextOffset))
      break;
  }
  connection.close();
}

async function membersOf(name: string, count: number): Promise<void> {
  const connection = new Connection(gateway.addresses.grpc);
  const list = connection.admin.listGroups.bind(connection.admin);
  const request = { stream: '', pageSize: 0, pageToken: '' };
  for (;;) {
    const { groups } = await connection.answer(list, request);
    if (groups.find(({ group }) => group === name)?.members === count) break;
  }
  connection.close();
}
