// What a browser fetches: small, and whole.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { root } from '../support/source-tree.ts';

const folder = join(root, 'dist/web');
const bytesMax = 150_000;
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
const originals = files.filter((file) => !/\.(br|gz)$/.test(file));

test(`the dashboard with all its pages is below ${bytesMax / 1000} kB compressed`, () => {
  // Small files have no compressed copy and are sent as they are.
  const sentBytes = (file: string, ending: string): number =>
    statSync(files.includes(file + ending) ? file + ending : file).size;
  for (const ending of ['.br', '.gz']) {
    const bytes = originals.reduce((sum, file) => sum + sentBytes(file, ending), 0);
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(bytesMax);
  }
});

test('the compressed copies are of the files beside them', () => {
  const copies = files.filter((file) => /\.(br|gz)$/.test(file));
  expect(copies.length).toBeGreaterThan(6);
  for (const copy of copies) {
    const content = readFileSync(copy);
    const unpacked = copy.endsWith('.br') ? brotliDecompressSync(content) : gunzipSync(content);
    expect(unpacked.equals(readFileSync(copy.slice(0, -3))), copy).toBe(true);
  }
});
