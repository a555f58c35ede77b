// What the command takes for a whole backup, and what it refuses whoever sends it.
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { receiveBackup } from '../../../src/cli/backup/receive.ts';
import { isSafePath } from '../../../src/cli/backup/safe-path.ts';
import type { BackupResponse } from '../../../src/generated/millpond/v1/admin_service.ts';

type Part = NonNullable<BackupResponse['part']>;

const content = Buffer.from('readings');

function plan(files: number, bytes = files * content.length): Part {
  return { $case: 'plan', value: { takenAtUs: 7n, files, bytes: BigInt(bytes) } };
}

function file(path: string, bytes = content.length): Part {
  return { $case: 'file', value: { path, bytes: BigInt(bytes) } };
}

const chunks: Part[] = [
  { $case: 'chunk', value: content.subarray(0, 3) },
  { $case: 'chunk', value: content.subarray(3) },
];
const check: Part = { $case: 'check', value: { crc32: crc32(content), isDamaged: false } };
const end: Part = { $case: 'end', value: {} };

async function receive(parts: readonly Part[]) {
  const written = new Map<string, string>();
  let isFinished = false;
  async function* all(): AsyncGenerator<BackupResponse> {
    for (const part of parts) yield { part };
  }
  const made = receiveBackup(
    all(),
    {
      async write(path, chunksOfFile) {
        const got: Uint8Array[] = [];
        for await (const chunk of chunksOfFile) got.push(chunk);
        written.set(path, Buffer.concat(got).toString());
      },
      async finish() {
        isFinished = true;
      },
    },
    { begin: () => {}, received: () => {} },
  );
  const outcome = await made.then(
    (value) => ({ value, code: null }),
    (error) => ({ value: null, code: error.code as string }),
  );
  return { ...outcome, written, isFinished };
}

test('files come as they were sent', async () => {
  const one = [file('hot.duckdb'), ...chunks, check];
  const two = [file('streams/readings/0.parquet'), ...chunks, check];
  const { value, written, isFinished } = await receive([plan(2), ...one, ...two, end]);
  expect(value).toEqual({ takenAtUs: 7n, files: 2, bytes: 16, damaged: [] });
  expect([...written]).toEqual([
    ['hot.duckdb', 'readings'],
    ['streams/readings/0.parquet', 'readings'],
  ]);
  expect(isFinished).toBe(true);
});

test('a file that the disk has damaged is kept and named', async () => {
  const damaged: Part = { $case: 'check', value: { crc32: crc32(content), isDamaged: true } };
  const { value } = await receive([plan(1), file('a'), ...chunks, damaged, end]);
  expect(value?.damaged).toEqual(['a']);
});

const wrongCheck: Part = { $case: 'check', value: { crc32: 1, isDamaged: false } };

test.each<[string, Part[]]>([
  ['nothing', []],
  ['no plan', [file('a'), ...chunks, check, end]],
  ['no end', [plan(1), file('a'), ...chunks, check]],
  ['a file too few', [plan(2), file('a'), ...chunks, check, end]],
  ['a file too many', [plan(1), file('a'), ...chunks, check, file('b'), ...chunks, check, end]],
  ['no check', [plan(1), file('a'), ...chunks, end]],
  ['a chunk too few', [plan(1), file('a'), chunks[0]!, check, end]],
  ['a chunk too many', [plan(1), file('a'), ...chunks, ...chunks, check, end]],
  ['other bytes', [plan(1), file('a'), ...chunks, wrongCheck, end]],
  ['more bytes than planned', [plan(1, 4), file('a'), ...chunks, check, end]],
  ['fewer bytes than planned', [plan(1, 40), file('a'), ...chunks, check, end]],
  ['a path that leads out', [plan(1), file('../a'), ...chunks, check, end]],
])('is no backup: %s', async (_what, parts) => {
  const { code, isFinished } = await receive(parts);
  expect(code).toBe('BACKUP_INCOMPLETE');
  expect(isFinished).toBe(false);
});

describe('paths', () => {
  test.each([
    'hot.duckdb',
    'streams/readings/00000000000000000000.parquet',
    'streams/küche/a b',
    '..a',
  ])('%j is one', (path) => expect(isSafePath(path)).toBe(true));

  test.each([
    '',
    '/',
    '/etc/passwd',
    '..',
    '.',
    'a/../b',
    './a',
    'a//b',
    'a/',
    'a\\b',
    'C:a',
    'a\u0000b',
    'a\nb',
    'x'.repeat(2000),
  ])('%j is none', (path) => expect(isSafePath(path)).toBe(false));

  test('no path that passes leads out of its folder', () => {
    const names = fc.array(fc.constantFrom('..', '.', 'a', '', '/', 'b\\', '...'), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(names, fc.constantFrom('/', ''), (parts, separator) => {
        const path = parts.join(separator);
        if (!isSafePath(path)) return;
        expect(new URL(path, 'file:///copy/').pathname.startsWith('/copy/')).toBe(true);
      }),
    );
  });
});
