// Files of another user in our directory, as after a start with sudo: they can be renamed, since the
// directory is ours, and the log goes on without them.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyOf, crashedLog } from '../support/damage.ts';
import { root } from '../support/gateway.ts';
import { tempFolder } from '../support/temp-folder.ts';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/** The built program where that user may read it: a home folder is closed to others. */
function installed(): string {
  const folder = tempFolder();
  chmodSync(folder, 0o755);
  for (const part of ['dist', 'package.json', 'node_modules/@duckdb']) {
    cpSync(join(root, part), join(folder, part), { recursive: true, dereference: true });
  }
  return folder;
}

function mendAs(user: number, program: string, folder: string) {
  return runAs(
    user,
    folder,
    `import { mendDirectory } from '${program}/dist/log/recovery/mend-directory.js';
    const options = { memoryBytesMax: 134217728, nowUs: 1700000000000000 };
    console.log(JSON.stringify(await mendDirectory('${folder}', options)));`,
  );
}

/** What the script prints, as JSON. */
function runAs(user: number, folder: string, script: string) {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    uid: user,
    gid: user,
    encoding: 'utf8',
    cwd: folder,
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

test.skipIf(!isRoot)(
  'a database of another user is set aside; one that can be read is copied first (needs root)',
  { timeout: 60_000 },
  async () => {
    const { folder } = await crashedLog(tempFolder(), 100, [10]);
    const program = installed();
    for (const [mode, kept] of [
      [0o600, []],
      [0o644, ['hot.duckdb', 'hot.duckdb.wal']],
    ] as const) {
      const copy = join(tempFolder(), 'data');
      chmodSync(join(copy, '..'), 0o755);
      mkdirSync(copy);
      cpSync(copyOf(folder), copy, { recursive: true });
      chownSync(copy, NOBODY, NOBODY);
      for (const name of ['hot.duckdb', 'hot.duckdb.wal']) chmodSync(join(copy, name), mode);

      const { damage, findings } = mendAs(NOBODY, program, copy);

      expect(damage).toBe('hot_damaged');
      expect(findings.map(({ kind }: { kind: string }) => kind)).toEqual(['hot_unreadable']);
      const [quarantine = ''] = readdirSync(join(copy, 'quarantine'));
      expect(readdirSync(join(copy, 'quarantine', quarantine)).sort()).toEqual([
        'hot.duckdb',
        'hot.duckdb.wal',
      ]);
      for (const name of ['hot.duckdb', 'hot.duckdb.wal']) {
        expect(existsSync(join(copy, name))).toBe(kept.length > 0);
        if (kept.length > 0) expect(statSync(join(copy, name)).uid).toBe(NOBODY);
      }
    }
  },
);

test.skipIf(!isRoot)(
  'what another user set aside and may not be removed is told, and stays (needs root)',
  { timeout: 60_000 },
  async () => {
    const folder = tempFolder();
    const names = ['20261101T101500Z-hot', '20261102T101500Z-hot', '20261103T101500Z-hot'];
    for (const name of names) {
      mkdirSync(join(folder, 'quarantine', name), { recursive: true });
      writeFileSync(join(folder, 'quarantine', name, 'hot.duckdb'), 'x'.repeat(1000));
    }
    for (const path of ['', 'quarantine', ...names.map((name) => `quarantine/${name}`)]) {
      chmodSync(join(folder, path), 0o755);
    }
    // The quarantine is ours, and so is the second folder: the first one is not.
    for (const path of ['', `/${names[1]}`])
      chownSync(join(folder, `quarantine${path}`), NOBODY, NOBODY);
    const findings = runAs(
      NOBODY,
      folder,
      `import { QuarantineLimit } from '${installed()}/dist/log/recovery/quarantine-limit.js';
      const limit = new QuarantineLimit('${folder}', 2500);
      console.log(JSON.stringify(limit.trim({ isDryRun: false })));`,
    );
    expect(findings.map(({ done }: { done: string }) => done)).toEqual([
      expect.stringMatching(/^left there: EACCES/),
      'removed',
    ]);
    expect(readdirSync(join(folder, 'quarantine'))).toEqual([names[0], names[2]]);
  },
);
