// Consumers that were sought back or deleted stay so when the database, the ledger or both are lost
// or older than what was confirmed.
import { copyFileSync, cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Log } from '../../src/log/log.ts';
import { append, settled } from '../contract/log.ts';
import { databaseFile, openLog } from '../support/duckdb-log.ts';
import { tempFolder } from '../support/temp-folder.ts';

const NAMES = ['kept', 'sought', 'deleted', 'anew', 'made'];

function positions(log: Log): (number | null)[] {
  return NAMES.map((name) => log.position('', name));
}

/** As after a kill, with the database of an earlier moment beside it: `old`. */
async function movedFolder(): Promise<{ folder: string; old: string }> {
  const live = tempFolder();
  const log = await openLog(live);
  append(log, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await settled(log);
  for (const name of ['kept', 'sought', 'deleted', 'anew']) await log.commitPosition('', name, 8);
  const old = tempFolder();
  cpSync(live, old, { recursive: true });
  const stream = log.stream('');
  await log.consumers.seek(stream, 'sought', 3);
  await log.consumers.remove(stream, 'deleted');
  await log.consumers.remove(stream, 'anew');
  await log.commitPosition('', 'anew', 2);
  await log.consumers.seek(stream, 'made', 5);
  const folder = tempFolder();
  cpSync(live, folder, { recursive: true });
  await log.close();
  for (const copied of [folder, old]) rmSync(join(copied, 'lock'));
  return { folder, old };
}

const MOVED = [8, 3, null, 2, 5];

function removeDatabase(folder: string): void {
  rmSync(join(folder, databaseFile));
  rmSync(join(folder, `${databaseFile}.wal`), { force: true });
}

test.each<[string, (folder: string) => void]>([
  ['nothing', () => {}],
  ['the database', removeDatabase],
  ['the ledger', (folder) => rmSync(join(folder, 'ledger.jsonl'))],
])('%s is lost, and every position is what was confirmed', async (_what, lose) => {
  const { folder } = await movedFolder();
  lose(folder);
  const log = await openLog(folder);
  expect(positions(log)).toEqual(MOVED);
  await log.close();
  // What was put right in the one is in the other as well.
  removeDatabase(folder);
  const again = await openLog(folder);
  expect(positions(again)).toEqual(MOVED);
  await again.commitPosition('', 'sought', 4);
  await again.consumers.remove(again.stream(''), 'made');
  await again.close();
  const last = await openLog(folder);
  expect(positions(last)).toEqual([8, 4, null, 2, null]);
  await last.close();
});

test('a database of an earlier moment, whole in itself, brings no position back', async () => {
  const { folder, old } = await movedFolder();
  removeDatabase(folder);
  for (const file of [databaseFile, `${databaseFile}.wal`]) {
    copyFileSync(join(old, file), join(folder, file));
  }
  const log = await openLog(folder);
  expect(positions(log)).toEqual(MOVED);
  await log.close();
});
