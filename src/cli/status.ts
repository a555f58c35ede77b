// `millpond status`: how a running gateway does.

import type { Command } from 'commander';
import { exitCodes } from './exit-codes.ts';
import { type GrpcFlags, grpcOption, reachableAddress } from './gateway-address.ts';

interface StatusFlags extends GrpcFlags {
  readonly json?: boolean;
}

async function showStatus(flags: StatusFlags): Promise<void> {
  const address = reachableAddress(flags.grpc);
  const { GatewayClient } = await import('./client.ts');
  const client = new GatewayClient(address);
  try {
    const status = await client.status();
    if (flags.json === true) {
      const { statusJson } = await import('./status/status-json.ts');
      process.stdout.write(`${statusJson(status)}\n`);
    } else {
      const { statusScreen } = await import('./status/status-screen.ts');
      const lines = statusScreen(status, address);
      process.stdout.write(`${lines.join('\n')}\n`);
    }
    if (!status.ready) process.exitCode = exitCodes.failed.code;
  } finally {
    client.close();
  }
}

export function registerStatus(program: Command): void {
  program
    .command('status')
    .description('show how a running gateway does')
    .addOption(grpcOption())
    .option('--json', 'as one line of JSON')
    .addHelpText(
      'after',
      `
Examples:
  millpond status                              of the gateway on this machine
  millpond status --grpc gateway.local:50051   of another one
  millpond status --json | jq .consumers

Lag is the number of readings that a consumer has not committed yet. LOSES DATA is when retention
reaches them if everything goes on at the current rate; - where that is not foreseeable. Taken and
Written are what came in and what went to the disk since the start. It ends with 0 if the gateway is ready, with 1 if it cannot
take readings, and with 69 if it cannot be reached.`,
    )
    .action(showStatus);
}
