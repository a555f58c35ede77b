// `millpond ports`: which serial ports there are, and what seems to talk there.

import type { Command } from 'commander';
import { MillpondError } from '../core/errors.ts';

interface PortsFlags {
  readonly listen?: string | true;
  readonly json?: boolean;
}

const SECONDS_BY_DEFAULT = 3;
const SECONDS_MAX = 600;

function secondsOf(listen: PortsFlags['listen']): number | null {
  if (listen === undefined) return null;
  const seconds = listen === true ? SECONDS_BY_DEFAULT : Number(listen);
  if (seconds > 0 && seconds <= SECONDS_MAX) return seconds;
  const text = `--listen takes seconds, from 1 to ${SECONDS_MAX}, not ${JSON.stringify(listen)}.`;
  throw new MillpondError('USAGE', text);
}

async function showPorts(flags: PortsFlags): Promise<void> {
  const seconds = secondsOf(flags.listen);
  const { listPorts, listSensors } = await import('../sources/serial/list-ports.ts');
  const ports = await listPorts();
  const { listen } = await import('../sources/serial/listen.ts');
  const heard = await Promise.all(
    ports.map(({ path }) => (seconds === null ? null : listen(path, seconds * 1000))),
  );
  const found = ports.map((port, index) => ({ ...port, heard: heard[index] ?? null }));
  const sensors = await listSensors();
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ ports: found, sensors })}\n`);
    return;
  }
  const { portLines } = await import('./ports/port-lines.ts');
  const { lookOf } = await import('./terminal/look.ts');
  process.stdout.write(`${portLines(found, sensors, lookOf(process.stdout)).join('\n')}\n`);
}

export function registerPorts(program: Command): void {
  program
    .command('ports')
    .description('list the serial ports of this machine')
    .option('--listen [seconds]', 'open each and tell what talks there, so long a baud rate (3)')
    .option('--json', 'as one line of JSON')
    .addHelpText(
      'after',
      `
Examples:
  millpond ports             what is plugged in, and the name to use for it in the config
  millpond ports --listen    and what each of them says, with the lines for the config

Opening a port restarts some boards. A port that a gateway reads is not listened to.`,
    )
    .action(showPorts);
}
