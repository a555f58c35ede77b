// `millpond demo`: the gateway with simulated thermometers, for a first look and for trying things out.

import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { GatewayAddresses } from '../observability/gateway-status.ts';
import { type ConfigFlags, configOption, configPlace } from './config-option.ts';
import { reachableEndpoint } from './gateway-address.ts';
import { ownCommand } from './own-command.ts';

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

function welcome(addresses: GatewayAddresses, flags: DemoFlags, dataDir: string): string {
  const { mqtt, grpc, http } = addresses;
  const command = ownCommand({
    script: process.argv[1] ?? '',
    folder: process.cwd(),
    npmCommand: process.env.npm_command,
  });
  const elsewhere = grpc === '127.0.0.1:50051' ? '' : ` --grpc ${grpc}`;
  return `
The demo is running: ${flags.devices} simulated thermometers, ${flags.rate} messages a second, seed ${flags.seed}.
They fall silent, lose their connection, send -127, null and rubbish, and have wrong clocks.

  MQTT  ${mqtt}   (your own devices may join)
  gRPC  ${grpc}
  HTTP  http://${http}/metrics
  data  ${dataDir}   (invented readings; remove it when you are done)

In another terminal:
  ${command} tail${elsewhere}
  ${command} status${elsewhere}

Ctrl-C ends it.
`;
}

async function demo(flags: DemoFlags): Promise<void> {
  const { loadConfig } = await import('../config/load.ts');
  const { runGateway } = await import('./run-gateway.ts');
  const { startFleet } = await import('./demo/fleet.ts');
  const dataDir = resolve(flags.dataDir);
  const onReady = (addresses: GatewayAddresses): void => {
    process.stdout.write(`${JSON.stringify({ event: 'ready', ...addresses })}\n`);
    process.stderr.write(welcome(addresses, flags, dataDir));
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
