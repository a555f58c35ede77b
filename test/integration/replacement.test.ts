// Mended files take the place of damaged ones, and a crash between any two steps of it leaves what
// the next start finishes.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  clearMended,
  placeReplacement,
  type Replacement,
  readJournal,
  runStep,
  stepsOf,
  writeJournal,
} from '../../src/log/recovery/replacement.ts';
import { tempFolder } from '../support/temp-folder.ts';

const old = {
  'hot.duckdb': 'old file',
  'hot.duckdb.wal': 'old log',
  'hot.duckdb.wal.checkpoint': 'old second log',
};

function prepared(put: readonly string[]): { folder: string; replacement: Replacement } {
  const folder = tempFolder();
  for (const [name, text] of Object.entries(old)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'ledger.jsonl'), 'ledger');
  mkdirSync(join(folder, 'mend'));
  for (const name of put) writeFileSync(join(folder, 'mend', name), `new ${name}`);
  const quarantine = 'quarantine/20261121T101500Z-hot';
  const replacement: Replacement = {
    quarantine,
    put,
    reason: 'hot_damaged',
    findings: [],
    isPlaced: false,
  };
  writeJournal(folder, replacement);
  return { folder, replacement };
}

test.each([
  ['the file and its log', ['hot.duckdb', 'hot.duckdb.wal']],
  ['the file alone', ['hot.duckdb']],
  ['nothing', []],
])('%s, with a crash after each step', (_, put) => {
  const probe = prepared(put);
  const present = readdirSync(probe.folder);
  const count = stepsOf(probe.replacement, present, put).length;
  for (let crashAfter = 0; crashAfter <= count; crashAfter++) {
    const { folder, replacement } = prepared(put);
    const steps = stepsOf(replacement, readdirSync(folder), put);
    for (const step of steps.slice(0, crashAfter)) runStep(folder, step);
    // The next start.
    const journal = readJournal(folder) as Replacement;
    expect(placeReplacement(folder, journal).isPlaced).toBe(true);
    clearMended(folder);
    const kept = join(folder, replacement.quarantine);
    expect({ crashAfter, kept: readdirSync(kept).sort() }).toEqual({
      crashAfter,
      kept: Object.keys(old),
    });
    for (const [name, text] of Object.entries(old)) {
      expect(readFileSync(join(kept, name), 'utf8')).toBe(text);
    }
    for (const name of put) expect(readFileSync(join(folder, name), 'utf8')).toBe(`new ${name}`);
    expect(readdirSync(folder).sort()).toEqual(
      [...put, 'ledger.jsonl', 'mend.json', 'quarantine'].sort(),
    );
  }
});

test('what was placed is not moved again, whatever stands there now', () => {
  const { folder, replacement } = prepared([]);
  placeReplacement(folder, replacement);
  writeFileSync(join(folder, 'hot.duckdb'), 'made by the log since');
  placeReplacement(folder, readJournal(folder) as Replacement);
  expect(existsSync(join(folder, 'hot.duckdb'))).toBe(true);
});
