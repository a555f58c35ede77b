// A device that sends nothing but rubbish, for as long as it likes: its messages are kept up to the
// limit, and DuckDB's own limit of memory is never in the way of a commit.
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { defaultConfig } from '../../src/config/config.ts';
import type { MillpondError } from '../../src/core/errors.ts';
import { append, decodedOf, messageOf, settled } from '../contract/log.ts';
import { noEvents, openLog } from '../support/duckdb-log.ts';
import { tempFolder } from '../support/temp-folder.ts';

const { log: defaults } = defaultConfig();
const reason = { reason: 'invalid_json', detail: '' } as const;

/** Bytes that nothing compresses, the same in every run. */
function noise(bytes: number, seed: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes; at += 32) {
    parts.push(createHash('sha256').update(`${seed} ${at}`).digest());
  }
  return Buffer.concat(parts).subarray(0, bytes);
}

test.each([
  ['of a few KiB', 4096, 100],
  ['as large as a packet may be', 256 * 1024, 2],
])(
  'dead letters %s, four times as many as are kept, never keep a commit waiting',
  async (_what, bytes, atOnce) => {
    const failures: string[] = [];
    const log = await openLog(tempFolder(), {
      database: {
        memoryBytesMax: defaults.duckdbMemoryBytesMax,
        checkpointBytes: defaults.checkpointBytes,
      },
      deadLettersMax: defaults.deadLettersMax,
      deadLetterBytesMax: defaults.deadLetterBytesMax,
      events: {
        ...noEvents,
        failing: (error: MillpondError | null) => failures.push(error?.message ?? ''),
        notice: ({ message }) => failures.push(message),
      },
    });
    const letters = Math.ceil((4 * defaults.deadLetterBytesMax) / bytes);
    for (let sent = 0; sent < letters; sent += atOnce) {
      for (let index = 0; index < atOnce; index++) {
        log.append(messageOf({ payload: noise(bytes, sent + index) }), decodedOf([], reason));
      }
      append(log, [sent]);
      await settled(log);
      expect(log.deadLetters.bytes).toBeLessThanOrEqual(defaults.deadLetterBytesMax);
    }
    expect(failures).toEqual([]);
    expect(log.problem).toBeNull();
    await log.close();
  },
);
