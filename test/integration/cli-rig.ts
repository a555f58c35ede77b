// Runs the built command in processes of its own: a gateway on free ports in a temporary folder, and
// the commands that talk to it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { expect } from 'vitest';
import { program } from '../support/gateway.ts';

export interface Running {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly told: { out: string; err: string };
  /** After the last output. */
  readonly ended: Promise<number | null>;
  /** Resolves once the text is there; fails when the process ends without it. */
  until(stream: 'out' | 'err', text: string | RegExp): Promise<void>;
}

export interface RunningGateway extends Running {
  readonly mqtt: string;
  readonly grpc: string;
  readonly http: string;
}

export class CliRig {
  readonly folder = mkdtempSync(join(tmpdir(), 'millpond-cli-'));
  readonly #children: ChildProcess[] = [];

  async close(): Promise<void> {
    const left = this.#children.filter(
      ({ exitCode, signalCode }) => exitCode === null && !signalCode,
    );
    await Promise.all(
      left.map(async (child) => {
        const closed = once(child, 'close');
        child.kill('SIGKILL');
        await closed;
      }),
    );
    rmSync(this.folder, { recursive: true, force: true });
  }

  start(args: readonly string[], environment: Record<string, string> = {}): Running {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.folder,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, TZ: 'UTC', ...environment },
    });
    this.#children.push(child);
    const told = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      told.out += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      told.err += chunk;
    });
    const ended = once(child, 'close').then(([code]) => code as number | null);
    const until = async (name: 'out' | 'err', text: string | RegExp): Promise<void> => {
      const stream = name === 'out' ? child.stdout : child.stderr;
      const isThere = () =>
        typeof text === 'string' ? told[name].includes(text) : text.test(told[name]);
      while (!isThere()) {
        const isOver = await Promise.race([
          once(stream, 'data').then(() => false),
          ended.then(() => true),
        ]);
        if (isOver && !isThere()) throw new Error(`ended without ${text}: ${told.out}${told.err}`);
      }
    };
    return { child, told, ended, until };
  }

  /** Resolves when it accepts connections. */
  async gateway(
    args: readonly string[] = ['serve'],
    environment: Record<string, string> = {},
  ): Promise<RunningGateway> {
    const running = this.start(args, {
      MILLPOND_MQTT_LISTEN: '127.0.0.1:0',
      MILLPOND_GRPC_LISTEN: '127.0.0.1:0',
      MILLPOND_HTTP_LISTEN: '127.0.0.1:0',
      ...environment,
    });
    await running.until('out', '\n');
    const [ready = ''] = running.told.out.split('\n');
    return { ...running, ...(JSON.parse(ready) as { mqtt: string; grpc: string; http: string }) };
  }

  /** Runs one command to its end; `input` is its standard input. */
  async run(
    args: readonly string[],
    input: string | Uint8Array = '',
    environment: Record<string, string> = {},
  ) {
    const { child, told, ended } = this.start(args, environment);
    child.stdin?.end(input);
    return { code: await ended, ...told };
  }
}

/** Publishes in this order; resolves when all are acknowledged. */
export async function publish(
  address: string,
  messages: readonly (readonly [topic: string, payload: string])[],
): Promise<void> {
  const client = await connectAsync(`mqtt://${address}`);
  await Promise.all(
    messages.map(([topic, payload]) => client.publishAsync(topic, payload, { qos: 1 })),
  );
  await client.endAsync();
}

/** `count` temperatures of one device, from 0 up. */
export function temperatures(device: string, first: number, count: number) {
  return Array.from({ length: count }, (_, index) => {
    return [`home/${device}/temperature`, String(first + index)] as const;
  });
}

export interface ReadingLine {
  readonly event: 'reading';
  readonly offset: string;
  readonly device: string;
  readonly metric: string;
  readonly value: number;
  readonly quality: string;
}

/** Every whole line as an object; each must be JSON. */
export function readingsOf(out: string): ReadingLine[] {
  const lines = out.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as ReadingLine);
}

/** Offsets without gap or duplicate, and as many values in the order in which they were sent. */
export function expectUnbroken(readings: readonly ReadingLine[], count: number): void {
  const wanted = Array.from({ length: count }, (_, index) => index);
  expect(readings.map(({ offset }) => Number(offset))).toEqual(wanted);
  expect(readings.map(({ value }) => value)).toEqual(wanted);
}
