// `millpond tail`: follows the log in the terminal, or in a pipe with --json.

import type { Command } from 'commander';
import { type GrpcFlags, grpcOption, reachableAddress } from './gateway-address.ts';
import { collect, parseCount } from './option-values.ts';

interface TailFlags extends GrpcFlags {
  readonly stream: string;
  readonly from?: string;
  readonly device?: readonly string[];
  readonly metric?: readonly string[];
  readonly count?: number;
  readonly stopAtEnd?: boolean;
  readonly json?: boolean;
}

async function tail(flags: TailFlags): Promise<void> {
  const { parseStart } = await import('./tail/start.ts');
  const { printStream } = await import('./tail/print-stream.ts');
  const from = flags.from ?? (flags.stopAtEnd === true ? 'earliest' : 'latest');
  await printStream({
    address: reachableAddress(flags.grpc),
    wanted: {
      stream: flags.stream,
      consumer: '',
      start: parseStart(from, Date.now()),
      devices: flags.device ?? [],
      metrics: flags.metric ?? [],
      stopAtEnd: flags.stopAtEnd === true,
      maxBatch: 0,
    },
    count: flags.count ?? Number.POSITIVE_INFINITY,
    isJson: flags.json === true,
  });
}

export function registerTail(program: Command): void {
  program
    .command('tail')
    .description('follow the readings of a running gateway')
    .addOption(grpcOption())
    .option('-s, --stream <name>', 'the stream to follow', 'readings')
    .option(
      '-f, --from <where>',
      'earliest, latest, an offset, a time (2025-01-31T12:00:00Z) or an age (-10m) (default: latest; earliest with --stop-at-end)',
    )
    .option('-d, --device <glob>', 'only these devices; can be repeated', collect)
    .option('-m, --metric <glob>', 'only these metrics; can be repeated', collect)
    .option('-n, --count <n>', 'end after so many readings', parseCount)
    .option('--stop-at-end', 'end with the last reading there is now')
    .option('--json', 'one JSON object a line, offsets as strings')
    .addHelpText(
      'after',
      `
Examples:
  millpond tail                                    what comes in from now on
  millpond tail --from -10m --device 'kitchen*'    and of the last ten minutes
  millpond tail --from earliest --stop-at-end --json | jq .value

A glob has * for any characters, ? for one, \\ before any of the three for itself.

A line has the time of measuring, the offset, device, channel, metric, value and unit, and a word where
the quality is not good. On a terminal lines are cut to its width, and doubtful times are yellow; in a
pipe they are whole and plain. Offsets that are gone are shown as a gap. When the gateway restarts, tail waits and goes on at the next offset.`,
    )
    .action(tail);
}
