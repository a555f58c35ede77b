// `millpond doctor` says what is wrong with a data directory, does what a start would, and leaves it
// as it is when it is only asked.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyOf, crashedLog, flipBit } from '../support/damage.ts';
import { openLog } from '../support/duckdb-log.ts';
import { program } from '../support/gateway.ts';
import { tempFolder } from '../support/temp-folder.ts';

function doctor(folder: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, 'doctor', '--data', folder, ...args],
    { encoding: 'utf8', cwd: tempFolder(), env: { PATH: process.env.PATH } },
  );
  return { status, stdout, stderr };
}

/** Every file below the folder with its bytes. */
function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    files
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  );
}

test('a directory in order, a damaged one, a mended one', { timeout: 60_000 }, async () => {
  const { folder: original } = await crashedLog(tempFolder(), 100, [10, 10]);
  const folder = copyOf(original);
  expect(doctor(folder)).toEqual({ status: 0, stdout: `${folder}: in order\n`, stderr: '' });

  const damaged = copyOf(original);
  flipBit(join(damaged, 'hot.duckdb.wal'), 60, 1);
  const before = contents(damaged);

  const asked = doctor(damaged, '--dry-run');
  expect(asked.stderr).toBe('');
  expect(asked.stdout).toMatch(/hot\.duckdb\.wal: .*; to be moved to quarantine/);
  expect(asked.status).toBe(1);
  expect(contents(damaged)).toEqual(before);

  const done = doctor(damaged, '--json');
  expect(done.status).toBe(1);
  const { findings } = JSON.parse(done.stdout);
  expect(findings.map(({ kind }: { kind: string }) => kind)).toEqual([
    'wal_damaged',
    'offsets_lost',
  ]);
  expect(readdirSync(join(damaged, 'quarantine'))).toHaveLength(1);

  expect(doctor(damaged)).toEqual({ status: 0, stdout: `${damaged}: in order\n`, stderr: '' });
});

test('a lost database: what would be done is what is done', { timeout: 60_000 }, async () => {
  const { folder } = await crashedLog(tempFolder(), 100, [10]);
  rmSync(join(folder, 'hot.duckdb'));
  const asked = doctor(folder, '--dry-run');
  expect(existsSync(join(folder, 'hot.duckdb'))).toBe(false);
  const done = doctor(folder);
  expect(asked.stdout.replaceAll('to be ', '').replace(/\d{8}T\d{6}Z/g, '')).toBe(
    done.stdout.replace(/\d{8}T\d{6}Z/g, ''),
  );
});

test('refuses a directory that a gateway has, and one that is not there', {
  timeout: 60_000,
}, async () => {
  const folder = tempFolder();
  const log = await openLog(folder);
  const refused = doctor(folder);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('DATA_DIR_IN_USE');
  await log.close();
  expect(doctor(join(folder, 'none')).stderr).toContain('DATA_DIR_UNUSABLE');
});
