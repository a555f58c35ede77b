// From the parts of a backup, as they come, to files: what does not fit together or is not whole is
// an error, and then there is no backup.

import { crc32 } from 'node:zlib';
import { MillpondError } from '../../core/errors.ts';
import type { BackupFile, BackupResponse } from '../../generated/millpond/v1/admin_service.ts';
import { isSafePath } from './safe-path.ts';

export interface BackupWriter {
  write(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  finish(): Promise<void>;
}

export interface BackupWatcher {
  begin(totals: { files: number; bytes: number }): void;
  received(bytes: number): void;
}

export interface BackupMade {
  readonly takenAtUs: bigint;
  readonly files: number;
  readonly bytes: number;
  /** Files that the gateway's disk has damaged. */
  readonly damaged: readonly string[];
}

type Part = NonNullable<BackupResponse['part']>;
type ValueOf<Case> = Extract<Part, { $case: Case }>['value'];

/** Throws BACKUP_INCOMPLETE, and what the parts and the writer throw. */
export async function receiveBackup(
  parts: AsyncIterable<BackupResponse>,
  writer: BackupWriter,
  watcher: BackupWatcher,
): Promise<BackupMade> {
  const source = new PartReader(parts);
  try {
    const plan = await source.expect('plan');
    const { files, takenAtUs } = plan;
    const bytes = Number(plan.bytes);
    watcher.begin({ files, bytes });
    const damaged: string[] = [];
    let received = 0;
    for (let index = 0; index < files; index++) {
      const file = await source.expect('file');
      const counted = (count: number): void => {
        received += count;
        if (received > bytes) throw incomplete('The gateway sent more than it had said.');
        watcher.received(count);
      };
      if (await receiveFile(file, { source, writer, counted })) damaged.push(file.path);
    }
    await source.expect('end');
    if (received !== bytes) throw incomplete('The gateway sent less than it had said.');
    await writer.finish();
    return { takenAtUs, files, bytes, damaged };
  } finally {
    await source.close();
  }
}

/** Returns whether the gateway says that it is damaged. */
async function receiveFile(
  { path, bytes }: BackupFile,
  {
    source,
    writer,
    counted,
  }: { source: PartReader; writer: BackupWriter; counted: (count: number) => void },
): Promise<boolean> {
  if (!isSafePath(path)) {
    throw incomplete(`The gateway named a file that is none of a log: ${JSON.stringify(path)}.`);
  }
  let left = Number(bytes);
  let sum = 0;
  async function* chunks(): AsyncGenerator<Uint8Array, void> {
    while (left > 0) {
      const chunk = await source.expect('chunk');
      left -= chunk.length;
      if (left < 0) throw incomplete(`${path} is longer than the gateway had said.`);
      counted(chunk.length);
      sum = crc32(chunk, sum);
      yield chunk;
    }
  }
  await writer.write(path, chunks());
  const check = await source.expect('check');
  if (check.crc32 !== sum) throw incomplete(`${path} did not come as it was sent.`);
  return check.isDamaged;
}

function incomplete(message: string): MillpondError {
  return new MillpondError('BACKUP_INCOMPLETE', message);
}

/** The parts one by one, each of the kind that is due. */
class PartReader {
  readonly #parts: AsyncIterator<BackupResponse>;

  constructor(parts: AsyncIterable<BackupResponse>) {
    this.#parts = parts[Symbol.asyncIterator]();
  }

  async expect<Case extends Part['$case']>(wanted: Case): Promise<ValueOf<Case>> {
    const { value, done } = await this.#parts.next();
    if (done === true) throw incomplete('The gateway ended the backup before its end.');
    const part = (value as BackupResponse).part;
    if (part?.$case !== wanted) {
      throw incomplete(`The gateway sent ${part?.$case ?? 'nothing known'} instead of ${wanted}.`);
    }
    return part.value as unknown as ValueOf<Case>;
  }

  /** Tells the other end, should it not be through. */
  async close(): Promise<void> {
    await this.#parts.return?.();
  }
}
