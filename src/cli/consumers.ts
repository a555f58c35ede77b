// `millpond consumers`: where the consumers of a running gateway stand, and moving them.

import type { Command } from 'commander';
import { Argument } from 'commander';
import { MillpondError } from '../core/errors.ts';
import { type GrpcFlags, grpcOption, reachableAddress } from './gateway-address.ts';

interface ConsumersFlags extends GrpcFlags {
  readonly stream: string;
  readonly to?: string;
  readonly json?: boolean;
}

type Action = 'list' | 'seek' | 'reset' | 'delete';

async function run(
  action: Action,
  consumer: string | undefined,
  flags: ConsumersFlags,
): Promise<void> {
  if (action !== 'list' && consumer === undefined) {
    throw new MillpondError('USAGE', `name the consumer: millpond consumers ${action} NAME`);
  }
  if (action === 'seek' && flags.to === undefined) {
    throw new MillpondError(
      'USAGE',
      'say where it is to go: --to OFFSET, TIME, earliest or latest',
    );
  }
  const { GatewayClient } = await import('./client.ts');
  const client = new GatewayClient(reachableAddress(flags.grpc));
  try {
    const lines =
      action === 'list'
        ? await listLines(client, consumer, flags)
        : await changeLines(
            client,
            action,
            { stream: flags.stream, consumer: consumer ?? '' },
            flags,
          );
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  } finally {
    client.close();
  }
}

type Client = InstanceType<typeof import('./client.ts').GatewayClient>;

async function listLines(
  client: Client,
  name: string | undefined,
  { stream, json }: ConsumersFlags,
): Promise<string[]> {
  const { consumerJson, consumerLines } = await import('./consumers/consumer-lines.ts');
  const { lookOf } = await import('./terminal/look.ts');
  const consumers = [];
  for await (const each of client.consumers(stream)) {
    if (name === undefined || each.consumer === name) consumers.push(each);
  }
  if (json === true) return consumers.map(consumerJson);
  if (consumers.length > 0) return consumerLines(consumers, lookOf(process.stdout));
  if (name !== undefined) return ['There is no such consumer.'];
  return [`No consumer${stream === '' ? '' : ' of this stream'} has committed an offset yet.`];
}

async function changeLines(
  client: Client,
  action: Exclude<Action, 'list'>,
  name: { readonly stream: string; readonly consumer: string },
  { to = '', json }: ConsumersFlags,
): Promise<string[]> {
  const { parseStart } = await import('./tail/start.ts');
  const { changeJson, deletedLines, movedLines } = await import('./consumers/consumer-lines.ts');
  if (action === 'delete') {
    const was = await client.deleteConsumer(name);
    return json === true ? [changeJson(was)] : deletedLines(name, was);
  }
  const moved =
    action === 'seek'
      ? await client.seekConsumer(name, parseStart(to, Date.now(), '--to'))
      : await client.resetConsumer(name);
  return json === true ? [changeJson(moved.consumer)] : movedLines(name, moved);
}

export function registerConsumers(program: Command): void {
  program
    .command('consumers')
    .description('list consumers with what they have not read; move, reset or delete one')
    .addArgument(
      new Argument('[action]', 'what to do')
        .choices(['list', 'seek', 'reset', 'delete'])
        .default('list'),
    )
    .argument('[consumer]', 'the consumer')
    .addOption(grpcOption())
    .option('-s, --stream <name>', 'list: only of this stream; else the stream of the consumer', '')
    .option('--to <where>', 'seek: earliest, latest, an offset, a time or an age')
    .option('--json', 'one JSON object a line, offsets as strings')
    .addHelpText(
      'after',
      `
Examples:
  millpond consumers                             all of them, and what holds them up
  millpond consumers seek alarm --to 1200
  millpond consumers seek alarm --to -2h         the first reading received in the last two hours
  millpond consumers seek alarm --to 2025-01-31T12:00:00Z
  millpond consumers reset report                back to the oldest reading kept
  millpond consumers delete report --stream power
  millpond consumers --json | jq 'select(.stall != null)'

LAG is the number of readings that it has not committed, UNREAD FOR the age of the oldest of them, A SECOND
how fast it gets on, a mean over the last minutes. STATE is connected, or what holds it up and since when:
  not connected  it has no subscription
  window full    its client takes nothing of what is written to it
  no commit      it reads, and has not committed for more than a minute
A consumer that is moved or deleted while it is connected goes on where it is, and its next commit moves
it there again: stop it first.`,
    )
    .action(run);
}
