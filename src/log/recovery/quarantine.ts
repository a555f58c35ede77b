// The folder for what could not be read: files are moved there whole, as they were found, and never
// overwritten. What goes when it is too large: quarantine-limit.ts.

import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { syncFolder } from '../data-directory.ts';

export const QUARANTINE = 'quarantine';

/** What is put there, as its folders are called. */
export const quarantineKinds = [
  'hot',
  'wal',
  'foreign',
  'ledger',
  'watermarks',
  'segment',
] as const;

export type QuarantineKind = (typeof quarantineKinds)[number];

/** Below the data directory, such as `quarantine/20261121T101500Z-wal`; there may be one. */
export function quarantineName(what: QuarantineKind, nowUs: number): string {
  const time = new Date(nowUs / 1000).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return join(QUARANTINE, `${time}-${what}`);
}

/** As `quarantineName`, with a number behind it where there is one. */
export function nameQuarantine(directory: string, what: QuarantineKind, nowUs: number): string {
  const first = quarantineName(what, nowUs);
  for (let count = 1; ; count++) {
    const name = count === 1 ? first : `${first}-${count}`;
    if (!existsSync(join(directory, name))) return name;
  }
}

/** Makes the folder, durably. */
export function makeQuarantine(directory: string, name: string): void {
  const folder = join(directory, name);
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  syncFolder(dirname(folder));
  syncFolder(directory);
}

/** Moves one file to quarantine, durably. Returns its new place below the data directory. */
export function quarantineFile(
  directory: string,
  file: string,
  what: QuarantineKind,
  nowUs: number,
): string {
  const name = nameQuarantine(directory, what, nowUs);
  makeQuarantine(directory, name);
  const target = join(directory, name, basename(file));
  renameSync(join(directory, file), target);
  syncFolder(dirname(target));
  syncFolder(dirname(join(directory, file)));
  return relative(directory, target);
}
