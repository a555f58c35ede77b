// A backup whose client stops reading does not keep what the log holds for it for ever.
import { EventEmitter } from 'node:events';
import type { ServiceError } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LogInspector } from '../../../../src/core/log-inspection.ts';
import { CallSet } from '../../../../src/delivery/call-set.ts';
import { sendBackup } from '../../../../src/delivery/grpc/backup-stream.ts';
import { errorInfoOf } from '../../../support/grpc-error.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a client that takes nothing for two minutes is refused the rest', async () => {
  let held = false;
  const log = {
    beginBackup: async () => {
      held = true;
      return { takenAtUs: 1, files: [{ path: 'hot.duckdb', bytes: 3, crc32: null }] };
    },
    endBackup: async () => {
      held = false;
    },
  } as unknown as LogInspector;
  const call = Object.assign(new EventEmitter(), { cancelled: false, write: () => true });
  const refused = new Promise<ServiceError>((resolve) => call.once('error', resolve));
  const calls = new CallSet();
  const sent = sendBackup(log, call as unknown as Parameters<typeof sendBackup>[1], calls);
  await vi.advanceTimersByTimeAsync(119_000);
  expect({ held, calls: calls.count }).toEqual({ held: true, calls: 1 });
  await vi.advanceTimersByTimeAsync(1_000);
  await sent;
  expect(errorInfoOf(await refused).reason).toBe('BACKUP_STALLED');
  expect({ held, calls: calls.count }).toEqual({ held: false, calls: 0 });
});
