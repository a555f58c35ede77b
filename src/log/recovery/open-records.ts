// The ledger and the watermarks as they are found: files that may not be used go to quarantine, and a
// damaged ledger is kept there as it was before it is written anew.

import { accessSync, constants, copyFileSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../data-directory.ts';
import { Ledger } from '../ledger.ts';
import { Watermarks } from '../watermarks.ts';
import type { Finding } from './finding.ts';
import { makeQuarantine, nameQuarantine, quarantineFile } from './quarantine.ts';

const LEDGER = 'ledger.jsonl';
const WATERMARKS = 'watermarks';

export interface RecordOptions {
  readonly directory: string;
  readonly lossesMax: number;
  readonly nowUs: number;
}

export interface Records {
  readonly ledger: Ledger;
  readonly watermarks: Watermarks;
  readonly findings: readonly Finding[];
}

/** Throws what the disk throws, and DATA_DIR_UNUSABLE for a ledger of a later version. */
export async function openRecords(options: RecordOptions): Promise<Records> {
  const { directory, nowUs } = options;
  const findings: Finding[] = [];
  for (const [name, kind] of [
    [LEDGER, 'ledger'],
    [WATERMARKS, 'watermarks'],
  ] as const) {
    const found = problemOf(join(directory, name));
    if (found === '') continue;
    const done = `moved to ${quarantineFile(directory, name, kind, nowUs)}`;
    findings.push({ kind: 'record_unusable', subject: name, found, done });
  }
  const ledger = await Ledger.open(directory, options);
  if (ledger.isDamaged) {
    const folder = nameQuarantine(directory, 'ledger', nowUs);
    makeQuarantine(directory, folder);
    copyFileSync(join(directory, LEDGER), join(directory, folder, LEDGER));
    syncFolder(join(directory, folder));
    findings.push({ ...damaged(ledger), done: `copied to ${folder}; written anew without them` });
  }
  return { ledger, watermarks: Watermarks.open(directory), findings };
}

/** What `openRecords` finds, with every file left as it is; no ledger if it may not be read. */
export async function lookAtRecords(
  options: RecordOptions,
): Promise<{ ledger: Ledger | null; watermarks: Watermarks; findings: readonly Finding[] }> {
  const { directory } = options;
  const findings: Finding[] = [];
  for (const name of [LEDGER, WATERMARKS]) {
    const found = problemOf(join(directory, name));
    if (found === '') continue;
    findings.push({ kind: 'record_unusable', subject: name, found, done: 'moved to quarantine' });
  }
  const isUnusable = findings.some(({ subject }) => subject === LEDGER);
  const ledger = isUnusable ? null : await Ledger.open(directory, options);
  if (ledger?.isDamaged) {
    findings.push({ ...damaged(ledger), done: 'copied to quarantine; written anew without them' });
  }
  return { ledger, watermarks: Watermarks.open(directory), findings };
}

function damaged(ledger: Ledger): Omit<Finding, 'done'> {
  const found = `${ledger.found.lines} of its lines are not what was written`;
  return { kind: 'record_damaged', subject: LEDGER, found };
}

function problemOf(path: string): string {
  if (!existsSync(path)) return '';
  if (!statSync(path).isFile()) return 'is no file';
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return '';
  } catch (error) {
    // A disk that became read-only is no matter of the file.
    const isOurs = (error as NodeJS.ErrnoException).code !== 'EACCES';
    return isOurs ? '' : 'may not be used by this user';
  }
}
