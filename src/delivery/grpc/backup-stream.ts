// AdminService.Backup: the files of a copy as a stream of chunks, each read only when the client has
// room for it. The client's going ends it, and with it what the log keeps for it.

import { crc32 } from 'node:zlib';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { MillpondError } from '../../core/errors.ts';
import type { BackupFile, LogInspector } from '../../core/log-inspection.ts';
import type { BackupRequest, BackupResponse } from '../../generated/millpond/v1/admin_service.ts';
import type { CallSet } from '../call-set.ts';
import { abortedWhenGone } from './client-gone.ts';
import { toServiceError } from './status-error.ts';

export const CHUNK_BYTES = 256 * 1024;

/** What a client may take for one chunk: files that should be deleted are kept for it meanwhile. */
const STALLED_MS = 120_000;

type Call = ServerWritableStream<BackupRequest, BackupResponse>;
type Part = NonNullable<BackupResponse['part']>;

export async function sendBackup(log: LogInspector, call: Call, calls: CallSet): Promise<void> {
  const controller = abortedWhenGone(call);
  const { signal } = controller;
  calls.add(controller);
  try {
    const { takenAtUs, files } = await log.beginBackup();
    try {
      const send = (part: Part): Promise<void> => write(call, { part }, controller);
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      const totals = { files: files.length, bytes: BigInt(bytes) };
      await send({ $case: 'plan', value: { takenAtUs: BigInt(takenAtUs), ...totals } });
      for (const [index, file] of files.entries()) {
        await sendFile({ log, index, file, send, signal });
      }
      await send({ $case: 'end', value: {} });
    } finally {
      await log.endBackup();
    }
    signal.throwIfAborted();
    call.end();
  } catch (error) {
    const why = signal.reason instanceof MillpondError ? signal.reason : error;
    if (!call.cancelled) call.emit('error', toServiceError(why));
  } finally {
    calls.delete(controller);
  }
}

async function sendFile(parts: {
  log: LogInspector;
  index: number;
  file: BackupFile;
  send: (part: Part) => Promise<void>;
  signal: AbortSignal;
}): Promise<void> {
  const { log, index, file, send, signal } = parts;
  const { path, bytes } = file;
  await send({ $case: 'file', value: { path, bytes: BigInt(bytes) } });
  let sum = 0;
  for (let position = 0; position < bytes; ) {
    signal.throwIfAborted();
    const chunk = await log.readBackup(index, position, Math.min(CHUNK_BYTES, bytes - position));
    if (chunk.length === 0) {
      throw new MillpondError('BACKUP_FAILED', `${path} ended before its ${bytes} bytes.`);
    }
    sum = crc32(chunk, sum);
    position += chunk.length;
    // grpc-js copies with a method that only Buffers have.
    await send({ $case: 'chunk', value: Buffer.from(chunk.buffer as ArrayBuffer) });
  }
  const isDamaged = file.crc32 !== null && file.crc32 !== sum;
  await send({ $case: 'check', value: { crc32: sum, isDamaged } });
}

/** Resolves when HTTP/2 took it, which waits for the client's window. Throws after an abort. */
function write(call: Call, message: BackupResponse, controller: AbortController): Promise<void> {
  const { signal } = controller;
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(() => {
      const text = `The client took nothing for ${STALLED_MS / 1000} s.`;
      controller.abort(new MillpondError('BACKUP_STALLED', text));
    }, STALLED_MS);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    else call.write(message, end);
  });
}
