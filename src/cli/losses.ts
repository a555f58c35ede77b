// `millpond losses`: what a running gateway had to let go.

import type { Command } from 'commander';
import { type GrpcFlags, grpcOption, reachableAddress } from './gateway-address.ts';
import { parseCount } from './option-values.ts';

interface LossesFlags extends GrpcFlags {
  readonly stream: string;
  readonly count: number;
  readonly json?: boolean;
}

async function showLosses(flags: LossesFlags): Promise<void> {
  const address = reachableAddress(flags.grpc);
  const { GatewayClient } = await import('./client.ts');
  const { lossJson, lossLines } = await import('./inspect/loss-lines.ts');
  const { newest } = await import('./inspect/newest.ts');
  const { lookOf } = await import('./terminal/look.ts');
  const client = new GatewayClient(address);
  try {
    const { entries, older } = await newest(client.losses(flags.stream), flags.count);
    const lines =
      flags.json === true
        ? entries.map(lossJson)
        : lossLines(entries, older, lookOf(process.stdout));
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  } finally {
    client.close();
  }
}

export function registerLosses(program: Command): void {
  program
    .command('losses')
    .description('list what a running gateway had to let go')
    .addOption(grpcOption())
    .option('-s, --stream <name>', 'only of this stream', '')
    .option('-n, --count <n>', 'only the newest so many', parseCount, 100)
    .option('--json', 'one JSON object a line, offsets as strings')
    .addHelpText(
      'after',
      `
Examples:
  millpond losses                         the last hundred, the newest at the end
  millpond losses --stream power          of one stream
  millpond losses --json | jq .reason

Every reading and every dead letter that was stored and had to go is in one of them, with offsets or a
count, the reason and the time. A consumer that had not read them is told by a gap with the same reason.`,
    )
    .action(showLosses);
}
