// `millpond status`: how a running gateway does.

import type { Command } from 'commander';
import { MillpondError } from '../core/errors.ts';
import { exitCodes } from './exit-codes.ts';
import { type GrpcFlags, grpcOption, reachableAddress } from './gateway-address.ts';

interface StatusFlags extends GrpcFlags {
  readonly json?: boolean;
  readonly watch?: string | true;
}

const INTERVAL_MS = { usual: 2000, min: 200, max: 86_400_000 };

/** Bare numbers are seconds, as for `watch`. Throws USAGE. */
async function intervalOf(watch: string | true): Promise<number> {
  if (watch === true) return INTERVAL_MS.usual;
  const { parseDurationMs } = await import('../config/units.ts');
  const isNumber = /^\d+(?:\.\d+)?$/.test(watch);
  const ms = isNumber ? Number(watch) * 1000 : parseDurationMs(watch);
  if (ms !== null && ms >= INTERVAL_MS.min && ms <= INTERVAL_MS.max) return ms;
  const text = `--watch ${watch}: write the interval as 2, 500ms or 1m; from 200 ms to a day`;
  throw new MillpondError('USAGE', text);
}

async function showStatus(flags: StatusFlags): Promise<void> {
  const address = reachableAddress(flags.grpc);
  if (flags.watch !== undefined) {
    const intervalMs = await intervalOf(flags.watch);
    const { watchStatus } = await import('./status/watch.ts');
    await watchStatus({ address, intervalMs, isJson: flags.json === true });
    return;
  }
  const { GatewayClient } = await import('./client.ts');
  const client = new GatewayClient(address);
  try {
    const status = await client.status();
    if (flags.json === true) {
      const { statusJson } = await import('./status/status-json.ts');
      process.stdout.write(`${statusJson(status)}\n`);
    } else {
      const { statusScreen } = await import('./status/status-screen.ts');
      const { lookOf } = await import('./terminal/look.ts');
      const lines = statusScreen(status, address, lookOf(process.stdout));
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
    .option('-w, --watch [interval]', 'again every so often (2s), on a terminal as a live page')
    .option('--json', 'as one line of JSON')
    .addHelpText(
      'after',
      `
Examples:
  millpond status                              of the gateway on this machine
  millpond status --grpc gateway.local:50051   of another one
  millpond status --watch                      as a live page; q ends it
  millpond status --watch 10s >> status.log    a block of text every ten seconds
  millpond status --json | jq .consumers
  millpond status --watch 1m --json            a line of JSON a minute

What to look at now is on top, with what to do about it: the alerts of the dashboard.

Lag is the number of readings that a consumer has not committed yet. LOSES DATA is when retention
reaches them if everything goes on at the current rate; - where that is not foreseeable. Taken and
Written are what came in and what went to the disk since the start. It ends with 0 if the gateway is
ready, with 1 if it cannot take readings, and with 69 if it cannot be reached.

--watch waits for a gateway that is not there, and says so; in JSON ready is false then and problem says
why. OF LATE is how the lag went since the page was opened, as far as there is room.`,
    )
    .action(showStatus);
}
