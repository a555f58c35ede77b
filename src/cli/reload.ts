// `millpond reload`: a running gateway reads its profiles again.

import type { Command } from 'commander';
import { type GrpcFlags, grpcOption, reachableAddress } from './gateway-address.ts';

async function reload(flags: GrpcFlags): Promise<void> {
  const { GatewayClient } = await import('./client.ts');
  const client = new GatewayClient(reachableAddress(flags.grpc));
  try {
    const profiles = await client.reloadProfiles();
    process.stdout.write(`${profiles} profiles are in use\n`);
  } finally {
    client.close();
  }
}

export function registerReload(program: Command): void {
  program
    .command('reload')
    .description('make a running gateway read its profiles again')
    .addOption(grpcOption())
    .addHelpText(
      'after',
      `
Examples:
  millpond check && millpond reload
  millpond reload --grpc gateway.local:50051   of a gateway elsewhere

Messages that come from then on are decoded by the new profiles. If any file has an error, all of them
are named, the gateway goes on with the profiles it had, and the command ends with an error. SIGHUP does the
same, and the gateway's log tells what came of it. Options of the config file are read at the start only.`,
    )
    .action(reload);
}
