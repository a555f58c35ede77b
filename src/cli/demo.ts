// `millpond demo`: the gateway with simulated thermometers, for a first look and for trying things out.

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { GatewayAddresses } from '../observability/gateway-status.ts';
import { type ConfigFlags, configOption, configPlace } from './config-option.ts';
import { reachableEndpoint } from './gateway-address.ts';

interface DemoFlags extends ConfigFlags {
  readonly rate: number;
  readonly devices: number;
  readonly seed: number;
  readonly dataDir: string;
}

function numberBetween(first: number, last: number, isWhole: boolean): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const isRight = text.trim() !== '' && value >= first && value <= last;
    if (isRight && (!isWhole || Number.isInteger(value))) return value;
    throw new InvalidArgumentError(
      `It is a ${isWhole ? 'whole ' : ''}number from ${first} to ${last}.`,
    );
  };
}

function welcome(
  { devices, rate, seed }: DemoFlags,
  { where, command, elsewhere }: { where: string; command: string; elsewhere: string },
): string {
  return `
The demo is running: ${devices} simulated thermometers, ${rate} messages a second, seed ${seed}.
They fall silent, lose their connection, send -127, null and rubbish, and have wrong clocks.
Open the dashboard in a browser; your own devices may join.

${where}

In another terminal:
  ${command} tail${elsewhere}
  ${command} status --watch${elsewhere}

Ctrl-C ends it.
`;
}

async function demo(flags: DemoFlags): Promise<void> {
  const { loadConfig } = await import('../config/load.ts');
  const { runGateway } = await import('./run-gateway.ts');
  const { startFleet } = await import('./demo/fleet.ts');
  const { callOf, whereLines } = await import('./welcome.ts');
  const dataDir = resolve(flags.dataDir);
  const onReady = (addresses: GatewayAddresses): void => {
    process.stdout.write(`${JSON.stringify({ event: 'ready', ...addresses })}\n`);
    const dataNote = 'invented readings; remove it when you are done';
    const where = whereLines({ addresses, dataDir, dataNote });
    process.stderr.write(welcome(flags, { where, ...callOf(addresses) }));
    const fleet = startFleet({
      ...flags,
      broker: reachableEndpoint(addresses.mqtt),
      troubled: ({ message }) => {
        process.stderr.write(`a simulated thermometer cannot connect: ${message}\n`);
      },
    });
    process.once('SIGINT', fleet.stop);
    process.once('SIGTERM', fleet.stop);
  };
  await runGateway({ ...loadConfig(configPlace(flags)), dataDir }, onReady);
}

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('run the gateway with simulated thermometers')
    .addOption(configOption())
    .option('--devices <n>', 'thermometers', numberBetween(1, 500, true), 12)
    .option('--rate <n>', 'messages a second, all together', numberBetween(0.1, 10_000, false), 10)
    .option('--seed <n>', 'the same seed, the same course', numberBetween(0, 2 ** 31 - 1, true), 1)
    .addOption(
      new Option('--data-dir <folder>', 'where the invented readings are kept')
        .default('./demo-data')
        .env('MILLPOND_DATA_DIR'),
    )
    .addHelpText(
      'after',
      `
Examples:
  millpond demo                            then, in another terminal: millpond tail
  millpond demo --devices 100 --rate 500   a busier place

Thermometers as Tasmota, Zigbee2MQTT, ESPHome, Shelly and home-made ones connect over MQTT, with the
faults that real ones have. The dataDir of a config file is left alone: it may hold real readings. Once
the gateway accepts connections, the same line of JSON as from serve is on standard output; SIGHUP
makes it read its profiles again.`,
    )
    .action(demo);
}
