// `millpond groups`: groups of consumers, their members, and what they gave up.

import type { Command } from 'commander';
import { Argument, InvalidArgumentError } from 'commander';
import { MillpondError } from '../core/errors.ts';
import { type GrpcFlags, grpcOption, reachableAddress } from './gateway-address.ts';
import { parseCount } from './option-values.ts';

interface GroupFlags extends GrpcFlags {
  readonly stream: string;
  readonly offset: readonly bigint[];
  readonly count: number;
  readonly all?: boolean;
  readonly json?: boolean;
}

type Action = 'list' | 'show' | 'dead-letters' | 'redeliver' | 'purge';

function collectOffset(text: string, offsets: readonly bigint[]): readonly bigint[] {
  if (/^\d{1,16}$/.test(text)) return [...offsets, BigInt(text)];
  throw new InvalidArgumentError('It is the offset of a reading, as the list shows it.');
}

async function run(action: Action, group: string | undefined, flags: GroupFlags): Promise<void> {
  if (action !== 'list' && group === undefined) {
    throw new MillpondError('USAGE', `name the group: millpond groups ${action} GROUP`);
  }
  if (action === 'purge' && flags.offset.length === 0 && flags.all !== true) {
    throw new MillpondError('USAGE', 'say which ones to throw away: --offset or --all');
  }
  const { GatewayClient } = await import('./client.ts');
  const { counted } = await import('./amount-text.ts');
  const client = new GatewayClient(reachableAddress(flags.grpc));
  const which = { stream: flags.stream, group: group ?? '' };
  const offsets = [...flags.offset];
  try {
    switch (action) {
      case 'list':
        await print(listLines(client, flags, group));
        break;
      case 'show':
        await print(memberLinesOf(client, which, flags));
        break;
      case 'dead-letters':
        await print(letterLinesOf(client, { ...which, offsets }, flags));
        break;
      case 'redeliver': {
        const sent = await client.redeliverGroupDeadLetters({ ...which, offsets });
        const go = sent === 1n ? 'goes' : 'go';
        await print(Promise.resolve([`${counted(sent, 'dead letter')} ${go} round again`]));
        break;
      }
      case 'purge': {
        const gone = await client.purgeGroupDeadLetters({ ...which, offsets });
        await print(Promise.resolve([`${counted(gone, 'dead letter')} thrown away`]));
        break;
      }
    }
  } finally {
    client.close();
  }
}

type Client = InstanceType<typeof import('./client.ts').GatewayClient>;
type Named = { readonly stream: string; readonly group: string };

async function listLines(client: Client, flags: GroupFlags, group?: string): Promise<string[]> {
  const { groupJson, groupLines } = await import('./groups/group-lines.ts');
  const { lookOf } = await import('./terminal/look.ts');
  const groups = [];
  for await (const each of client.groups(flags.stream)) {
    if (group === undefined || each.group === group) groups.push(each);
  }
  if (flags.json === true) return groups.map(groupJson);
  if (groups.length > 0) return groupLines(groups, Date.now(), lookOf(process.stdout));
  if (group !== undefined) return ['There is no such group.'];
  return [`There are no groups${flags.stream === '' ? '' : ' of this stream'}.`];
}

async function memberLinesOf(client: Client, which: Named, flags: GroupFlags) {
  const { memberJson, memberLines } = await import('./groups/group-lines.ts');
  const { lookOf } = await import('./terminal/look.ts');
  const members = [];
  for await (const member of client.groupMembers(which)) members.push(member);
  if (flags.json === true) return members.map(memberJson);
  return memberLines(members, lookOf(process.stdout));
}

async function letterLinesOf(
  client: Client,
  which: Named & { readonly offsets: bigint[] },
  flags: GroupFlags,
) {
  const { letterJson, letterLines } = await import('./groups/letter-lines.ts');
  const { lookOf } = await import('./terminal/look.ts');
  const { newest } = await import('./inspect/newest.ts');
  const { entries, older } = await newest(client.groupDeadLetters(which), flags.count);
  if (flags.json === true) return entries.map(letterJson);
  if (entries.length > 0) return letterLines(entries, older, lookOf(process.stdout));
  return [`There are no ${which.offsets.length > 0 ? 'such ' : ''}dead letters.`];
}

async function print(lines: Promise<readonly string[]>): Promise<void> {
  process.stdout.write((await lines).map((line) => `${line}\n`).join(''));
}

export function registerGroups(program: Command): void {
  program
    .command('groups')
    .description('list groups of consumers, their members, and what they gave up')
    .addArgument(
      new Argument('[action]', 'what to do')
        .choices(['list', 'show', 'dead-letters', 'redeliver', 'purge'])
        .default('list'),
    )
    .argument('[group]', 'the group')
    .addOption(grpcOption())
    .option('-s, --stream <name>', 'list: only of this stream; else the stream of the group', '')
    .option('--offset <n>', 'only this dead letter; can be repeated', collectOffset, [])
    .option('-n, --count <n>', 'dead-letters: only the last so many', parseCount, 100)
    .option('--all', 'purge: all of them')
    .option('--json', 'list, show, dead-letters: one JSON object a line, offsets as strings')
    .addHelpText(
      'after',
      `
Examples:
  millpond groups                            all groups, what they do and why they wait
  millpond groups show resize                the members that are connected
  millpond groups dead-letters resize        what failed too often, with the last reason
  millpond groups redeliver resize           all of it again
  millpond groups purge resize --offset 17

What purge throws away is recorded as a loss. To move, reset or delete a group: millpond consumers.`,
    )
    .action(run);
}
