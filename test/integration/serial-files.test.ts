// Which files a path of the config names.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exactGlob } from '../../src/core/glob.ts';
import { findFiles } from '../../src/sources/serial/file-reader.ts';
import { tempFolder } from '../support/temp-folder.ts';

test('each part of a path is a glob, and what a wildcard stands for is told', async () => {
  const folder = tempFolder();
  for (const sensor of ['28-1', '28-2', '28-12', '28-*', 'a\\b']) {
    mkdirSync(join(folder, sensor));
    writeFileSync(join(folder, sensor, 'w1_slave'), '');
  }
  const root = folder.split('/').map(exactGlob).join('/');
  const named = async (part: string): Promise<string[][]> =>
    (await findFiles(`${root}/${part}/w1_slave`)).map(({ path, named }) => [
      path.slice(folder.length + 1).split('/')[0] as string,
      ...named,
    ]);
  expect(await named('28-1*')).toEqual([
    ['28-1', '28-1'],
    ['28-12', '28-12'],
  ]);
  expect(await named('*-?')).toEqual([
    ['28-*', '28-*'],
    ['28-1', '28-1'],
    ['28-2', '28-2'],
  ]);
  expect(await named('28-\\*')).toEqual([['28-*']]);
  expect(await named('a\\b')).toEqual([['a\\b']]);
});
