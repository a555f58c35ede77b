// `millpond dead-letters`: messages that could not be decoded, looked at, decoded again, thrown away.

import type { Command } from 'commander';
import { Argument, InvalidArgumentError } from 'commander';
import { MillpondError } from '../core/errors.ts';
import { type GrpcFlags, grpcOption, reachableAddress } from './gateway-address.ts';
import { parseCount } from './option-values.ts';

interface DeadLetterFlags extends GrpcFlags {
  readonly profile: string;
  readonly reason: string;
  readonly id: readonly bigint[];
  readonly count: number;
  readonly all?: boolean;
  readonly json?: boolean;
}

type Action = 'list' | 'show' | 'reprocess' | 'purge';

function collectId(text: string, ids: readonly bigint[]): readonly bigint[] {
  if (/^\d{1,16}$/.test(text)) return [...ids, BigInt(text)];
  throw new InvalidArgumentError('It is the number of a dead letter, as the list shows it.');
}

async function run(action: Action, flags: DeadLetterFlags): Promise<void> {
  const { profile, reason, id: ids } = flags;
  const isAny = profile === '' && reason === '' && ids.length === 0;
  if (action === 'purge' && isAny && flags.all !== true) {
    throw new MillpondError(
      'USAGE',
      'say which ones to throw away: --profile, --reason, --id or --all',
    );
  }
  if (action === 'show' && ids.length !== 1) {
    throw new MillpondError('USAGE', 'say which one to show: --id N');
  }
  const { GatewayClient } = await import('./client.ts');
  const { deadLetterJson, deadLetterLines, payloadLines } = await import(
    './inspect/dead-letter-lines.ts'
  );
  const { counted, countText } = await import('./amount-text.ts');
  const { lookOf } = await import('./terminal/look.ts');
  const look = lookOf(process.stdout);
  const client = new GatewayClient(reachableAddress(flags.grpc));
  const filter = { profile, reason, ids: [...ids] };
  const print = (lines: readonly string[]): void => {
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  };
  try {
    if (action === 'list') {
      const { newest } = await import('./inspect/newest.ts');
      const { entries, older } = await newest(client.deadLetters(filter), flags.count);
      if (flags.json === true) print(entries.map((entry) => deadLetterJson(entry)));
      else if (entries.length > 0) print(deadLetterLines(entries, older, look));
      else print([`There are no ${isAny ? '' : 'such '}dead letters.`]);
    } else if (action === 'show') {
      const { deadLetter, payload } = await client.deadLetter(ids[0] as bigint);
      if (flags.json === true) print([deadLetterJson(deadLetter!, payload)]);
      else print([...deadLetterLines([deadLetter!], 0, look), ...payloadLines(payload)]);
    } else if (action === 'reprocess') {
      const { reprocessed, readings, kept } = await reprocess(client, filter);
      const gave = `${counted(reprocessed, 'dead letter')} gave ${counted(readings, 'reading')}`;
      print([`${gave}; ${countText(kept)} ${kept === 1n ? 'is' : 'are'} dead still`]);
    } else {
      const gone = await client.purgeDeadLetters(filter);
      print([`${counted(gone, 'dead letter')} thrown away`]);
    }
  } finally {
    client.close();
  }
}

type Client = InstanceType<typeof import('./client.ts').GatewayClient>;

async function reprocess(client: Client, filter: Parameters<Client['deadLetters']>[0]) {
  const { Progress } = await import('./terminal/progress.ts');
  const { countText } = await import('./amount-text.ts');
  const { profile, reason, ids } = filter;
  // How many match a profile or a reason, only the list would tell.
  const isAll = profile === '' && reason === '' && ids.length === 0;
  const all = isAll ? Number((await client.status()).deadLetters) : null;
  const progress = new Progress({
    title: 'decoding again',
    amountText: (count) => countText(Math.round(count)),
    total: ids.length > 0 ? ids.length : all,
    hasLines: true,
  });
  try {
    return await client.reprocessDeadLetters(filter, (letters) => progress.add(letters));
  } finally {
    progress.end();
  }
}

export function registerDeadLetters(program: Command): void {
  program
    .command('dead-letters')
    .description('list, show, decode again or throw away what could not be decoded')
    .addArgument(
      new Argument('[action]', 'what to do')
        .choices(['list', 'show', 'reprocess', 'purge'])
        .default('list'),
    )
    .addOption(grpcOption())
    .option('-p, --profile <name>', 'only those that this profile read', '')
    .option('-r, --reason <code>', 'only those with this reason', '')
    .option('--id <n>', 'only this one; can be repeated', collectId, [])
    .option('-n, --count <n>', 'list: only the newest so many', parseCount, 100)
    .option('--all', 'purge: all of them')
    .option('--json', 'list, show: one JSON object a line, numbers of 64 bits as strings')
    .addHelpText(
      'after',
      `
Examples:
  millpond dead-letters                          the newest hundred
  millpond dead-letters show --id 17             one of them, with its payload
  millpond reload && millpond dead-letters reprocess --profile acme
  millpond dead-letters purge --reason no_profile

reprocess decodes them again by the profiles of now, in the order in which they came: their readings get
new offsets and keep the times at which they were received, each once, whatever happens meanwhile. What
purge throws away is recorded as a loss.`,
    )
    .action(run);
}
