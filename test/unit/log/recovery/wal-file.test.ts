// The outline of DuckDB write-ahead logs, made entry by entry: cut, flipped, whole.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  checksum,
  endsWithCommit,
  outlineWal,
  withVersion,
} from '../../../../src/log/recovery/wal-file.ts';

const version = Buffer.from([0x64, 0x00, 0x62, 0x65, 0x00, 0x02, 0xff, 0xff]);
const commit = Buffer.from([0x64, 0x00, 0x64, 0xff, 0xff]);

function entry(body: Uint8Array): Buffer {
  const head = Buffer.alloc(16);
  const bytes = Buffer.from(body);
  head.writeBigUInt64LE(BigInt(bytes.length), 0);
  head.writeBigUInt64LE(checksum(bytes), 8);
  return Buffer.concat([head, bytes]);
}

/** A log of commits, each of some entries; and where each commit ends. */
const logs = fc
  .array(fc.array(fc.uint8Array({ minLength: 3, maxLength: 60 }), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((commits) => {
    let wal = version;
    const ends: number[] = [];
    for (const bodies of commits) {
      const entries = bodies.map((body) => entry(Buffer.concat([Buffer.from([0x64, 0]), body])));
      wal = Buffer.concat([wal, ...entries, entry(commit)]);
      ends.push(wal.length);
    }
    return { wal, ends };
  });

test('finds the end of every whole commit', () => {
  fc.assert(
    fc.property(logs, ({ wal, ends }) => {
      const length = wal.length;
      expect(outlineWal(wal)).toEqual({
        isKnown: true,
        commitEnds: ends,
        brokenAt: length,
        isBrokenInside: false,
      });
      expect(endsWithCommit(wal)).toBe(true);
    }),
  );
});

test('a log cut anywhere keeps the commits before the cut, and is not taken for damaged inside', () => {
  fc.assert(
    fc.property(logs, fc.double({ min: 0, max: 1, noNaN: true }), ({ wal, ends }, share) => {
      const cut = version.length + Math.floor(share * (wal.length - version.length));
      const torn = wal.subarray(0, cut);
      const outline = outlineWal(torn);
      expect(outline.commitEnds).toEqual(ends.filter((end) => end <= cut));
      expect(outline.isBrokenInside).toBe(false);
      expect(endsWithCommit(torn)).toBe(cut === version.length || ends.includes(cut));
    }),
  );
});

test('a flipped bit is found, and every commit before it kept', () => {
  fc.assert(
    fc.property(logs, fc.nat(), fc.nat(7), ({ wal, ends }, where, bit) => {
      const at = version.length + (where % (wal.length - version.length));
      const flipped = Buffer.from(wal);
      flipped[at] = (flipped[at] as number) ^ (1 << bit);
      const outline = outlineWal(flipped);
      expect(outline.commitEnds).toEqual(ends.filter((end) => end <= at));
      expect(outline.brokenAt).toBeLessThanOrEqual(at);
      const last = ends.at(-1) as number;
      const lastEntry = last - 16 - commit.length;
      // Behind a broken last entry there is nothing that could tell damage from a cut.
      if (at < lastEntry) expect(outline.isBrokenInside).toBe(true);
    }),
  );
});

test('first bytes that are damaged are put back, since they are always the same', () => {
  fc.assert(
    fc.property(logs, fc.nat(7), fc.nat(7), ({ wal, ends }, at, bit) => {
      const flipped = Buffer.from(wal);
      flipped[at] = (flipped[at] as number) ^ (1 << bit);
      expect(outlineWal(flipped).isKnown).toBe(false);
      expect(endsWithCommit(flipped)).toBe(false);
      expect(outlineWal(withVersion(flipped)).commitEnds).toEqual(ends);
    }),
  );
});

test('an empty log is whole', () => {
  expect(endsWithCommit(Buffer.alloc(0))).toBe(true);
});
