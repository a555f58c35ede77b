// `millpond backup`: a copy of the log of a running gateway, on this machine or another one.

import type { Command } from 'commander';
import { type GrpcFlags, grpcOption, reachableAddress } from './gateway-address.ts';

async function backup(folder: string, flags: GrpcFlags): Promise<void> {
  const address = reachableAddress(flags.grpc);
  const { GatewayClient } = await import('./client.ts');
  const { BackupTarget } = await import('./backup/target.ts');
  const { receiveBackup } = await import('./backup/receive.ts');
  const { Progress } = await import('./terminal/progress.ts');
  const { MillpondError } = await import('../core/errors.ts');
  const { printable } = await import('../observability/printable.ts');
  const { stopSignal } = await import('./stop-signal.ts');
  const { bytesText, countText } = await import('./amount-text.ts');
  const { localTime } = await import('./time-text.ts');
  const signal = stopSignal();
  const target = await BackupTarget.create(folder);
  const client = new GatewayClient(address);
  let progress: InstanceType<typeof Progress> | null = null;
  const watcher = {
    begin({ files, bytes }: { files: number; bytes: number }): void {
      process.stderr.write(`copying ${countText(files)} files, ${bytesText(bytes)}\n`);
      const options = { title: 'copying', amountText: bytesText, hasLines: true };
      progress = new Progress({ ...options, total: bytes });
    },
    received: (bytes: number): void => progress?.add(bytes),
  };
  try {
    const made = await receiveBackup(client.backup(signal), target, watcher).finally(() =>
      progress?.end(),
    );
    for (const path of made.damaged) {
      process.stderr.write(
        `note: ${printable(path)} is damaged on the gateway's disk, and in the copy as it is there\n`,
      );
    }
    const size = `${countText(made.files)} files, ${bytesText(made.bytes)}`;
    process.stdout.write(
      `${printable(folder)}: ${size}, the log as of ${localTime(made.takenAtUs)}\n`,
    );
  } catch (error) {
    await target.discard();
    if (!signal.aborted) throw error;
    throw new MillpondError('BACKUP_INCOMPLETE', 'The backup was stopped.', { cause: error });
  } finally {
    client.close();
  }
}

export function registerBackup(program: Command): void {
  program
    .command('backup')
    .description('copy the log of a running gateway')
    .argument('<folder>', 'where to: a folder that does not exist yet or is empty')
    .addOption(grpcOption())
    .addHelpText(
      'after',
      `
Examples:
  millpond backup /media/usb/log-2025-06-01
  millpond backup --grpc gateway.local:50051 ./copy   of a gateway elsewhere
  MILLPOND_DATA_DIR=./copy millpond serve             a gateway on the copy, with the same offsets

The gateway goes on meanwhile; the copy is the log as it was when the backup began. It grows beside the
folder, checked and with every byte on the disk before it gets its name: a backup that was cut short
leaves no folder that could be taken for a whole one. Progress is on standard error.`,
    )
    .action(backup);
}
