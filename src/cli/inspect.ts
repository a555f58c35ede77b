// `millpond inspect`: what the log of a running gateway is made of.

import type { Command } from 'commander';
import { type GrpcFlags, grpcOption, reachableAddress } from './gateway-address.ts';

interface InspectFlags extends GrpcFlags {
  readonly stream: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** Of each stream on the screen; all of them are in --json. */
const segmentsMax = 20;

async function inspect(flags: InspectFlags): Promise<void> {
  const address = reachableAddress(flags.grpc);
  const { MillpondError } = await import('../core/errors.ts');
  const { GatewayClient } = await import('./client.ts');
  const lines = await import('./inspect/segment-lines.ts');
  const { newest } = await import('./inspect/newest.ts');
  const print = (printed: readonly string[]): void => {
    process.stdout.write(printed.map((line) => `${line}\n`).join(''));
  };
  const { lookOf } = await import('./terminal/look.ts');
  const look = lookOf(process.stdout);
  const client = new GatewayClient(address);
  try {
    const { streams } = await client.status();
    const wanted = streams.filter(({ stream }) => [stream, ''].includes(flags.stream));
    if (wanted.length === 0) {
      const text = `There is no stream ${JSON.stringify(flags.stream)}.`;
      throw new MillpondError('STREAM_UNKNOWN', text);
    }
    if (flags.json !== true) print(lines.streamLines(wanted, look));
    const countMax = flags.all === true ? Number.POSITIVE_INFINITY : segmentsMax;
    for (const stream of wanted) {
      if (flags.json === true) {
        print([lines.streamJson(stream)]);
        for await (const segment of client.segments(stream.stream)) {
          print([lines.segmentJson(segment)]);
        }
      } else {
        const { entries, older } = await newest(client.segments(stream.stream), countMax);
        print(lines.segmentLines(stream.stream, entries, older, look));
      }
    }
  } finally {
    client.close();
  }
}

export function registerInspect(program: Command): void {
  program
    .command('inspect')
    .description('show what the log of a running gateway is made of')
    .addOption(grpcOption())
    .option('-s, --stream <name>', 'only this stream', '')
    .option('--all', `every segment, and not only the newest ${segmentsMax} of each stream`)
    .option('--json', 'one JSON object a line: each stream, and after it its segments')
    .addHelpText(
      'after',
      `
Examples:
  millpond inspect
  millpond inspect --stream power --all
  millpond inspect --json | jq 'select(.event == "segment") | .bytesPerReading'

Segments are the sealed files below streams/ in the data directory, which any Parquet reader can open.
RATIO is how many times smaller a segment is than the 37 bytes that a reading takes as a row of plain
columns. HOT is what is not sealed yet: an estimate, for it shares hot.duckdb with all else.`,
    )
    .action(inspect);
}
