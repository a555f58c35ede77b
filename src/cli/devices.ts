// `millpond devices`: every device that a running gateway knows, with what it said last.

import type { Command } from 'commander';
import type { ToldDevice } from './client.ts';
import { type GrpcFlags, grpcOption, reachableAddress } from './gateway-address.ts';

interface DevicesFlags extends GrpcFlags {
  readonly stale?: boolean;
  readonly json?: boolean;
}

async function showDevices(glob: string | undefined, flags: DevicesFlags): Promise<void> {
  const address = reachableAddress(flags.grpc);
  const { GatewayClient } = await import('./client.ts');
  const { deviceJson, deviceLines } = await import('./devices/device-lines.ts');
  const { lookOf } = await import('./terminal/look.ts');
  const client = new GatewayClient(address);
  try {
    const devices: ToldDevice[] = [];
    for await (const device of client.devices(glob ?? '', flags.stale === true))
      devices.push(device);
    devices.sort((a, b) => (a.device < b.device ? -1 : 1));
    const lines =
      flags.json === true
        ? devices.map(deviceJson)
        : devices.length === 0
          ? [noneText(glob, flags)]
          : deviceLines(devices, lookOf(process.stdout));
    for (const line of lines) process.stdout.write(`${line}\n`);
  } finally {
    client.close();
  }
}

function noneText(glob: string | undefined, { stale }: DevicesFlags): string {
  if (stale === true) return 'No device is silent for longer than it usually is.';
  return glob === undefined ? 'No device has sent anything yet.' : 'There are no such devices.';
}

export function registerDevices(program: Command): void {
  program
    .command('devices')
    .description('list the devices of a running gateway with their latest values')
    .argument(
      '[glob]',
      'only devices with such a name: * for any characters, ? for one, \\ before any of the three for itself',
    )
    .addOption(grpcOption())
    .option('--stale', 'only those that are silent for longer than they usually are')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  millpond devices                        all, by name
  millpond devices --stale                whose battery may be empty
  millpond devices 'cellar*'
  millpond devices --json | jq 'select(.isStale) | .device'

SILENT FOR is the time since its last message, by the gateway's clock. EVERY is how often a device usually
speaks, a mean over its last messages, known once it has sent three; A MINUTE is its readings a minute.
STALE is one that is silent for more than three such intervals, and for more than a minute: the time for
which the gateway did not run is not counted. PROFILE is known again with the first message after a start.
A value that was measured more than a minute before its device's last message has its age behind it.`,
    )
    .action(showDevices);
}
