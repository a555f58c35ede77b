// The book of losses: nothing noted goes missing from the sum, and it stays as small as it was told.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Loss, LossBook } from '../../../src/log/loss-book.ts';

const HOUR_US = 3_600_000_000;

function range(firstOffset: number, lastOffset: number, changes: Partial<Loss> = {}): Loss {
  return {
    stream: 'readings',
    firstOffset,
    lastOffset,
    count: lastOffset - firstOffset + 1,
    reason: 'retention_age',
    detail: '',
    atUs: 0,
    ...changes,
  };
}

function refused(count: number, atUs: number): Loss {
  return range(-1, -1, { count, atUs, reason: 'stream_full' });
}

function bookOf(losses: readonly Loss[], entriesMax = 100): LossBook {
  const book = new LossBook(entriesMax);
  for (const loss of losses) book.note(loss);
  return book;
}

describe('ranges of one stream and reason', () => {
  test('that follow each other are one entry', () => {
    const book = bookOf([range(0, 9), range(20, 29), range(10, 19)]);
    expect(book.all()).toMatchObject([{ firstOffset: 0, lastOffset: 29, count: 30 }]);
  });

  test('that overlap or come twice count once', () => {
    const book = bookOf([range(0, 9), range(5, 14), range(0, 14), range(3, 4)]);
    expect(book.all()).toMatchObject([{ firstOffset: 0, lastOffset: 14, count: 15 }]);
  });

  test('with holes in them are added up where they lie apart, and count once where they do not', () => {
    const sparse = range(0, 99, { count: 20 });
    const book = bookOf([sparse, range(100, 109), sparse]);
    expect(book.all()).toMatchObject([{ firstOffset: 0, lastOffset: 109, count: 30 }]);
  });

  test('stay apart where offsets lie between them, and from other streams and reasons', () => {
    const others = [range(10, 19, { stream: 'fast' }), range(10, 19, { reason: 'hot_damaged' })];
    const book = bookOf([range(0, 9), range(11, 19), ...others]);
    expect(book.all()).toHaveLength(4);
  });
});

test('losses without offsets are one entry an hour', () => {
  const book = bookOf([refused(1, 0), refused(2, HOUR_US - 1), refused(4, 3 * HOUR_US)]);
  expect(book.all()).toMatchObject([{ count: 3 }, { count: 4 }]);
});

test('beyond the limit the oldest of a kind are told as one sum, which no range joins', () => {
  const book = bookOf([range(0, 9), range(100, 109), range(200, 209), range(300, 309)], 2);
  expect(book.all()).toMatchObject([
    { firstOffset: 0, lastOffset: 209, count: 30, isSum: true },
    { firstOffset: 300, lastOffset: 309, count: 10, isSum: false },
  ]);
  book.note(range(50, 59));
  expect(book.count).toBe(50);
});

const someLoss = fc.record({
  stream: fc.constantFrom('readings', 'fast'),
  reason: fc.constantFrom('retention_age', 'segment_damaged'),
  // On a grid, so that ranges touch, come twice or lie apart, and each offset counts by its cell.
  cell: fc.nat(60),
  cells: fc.integer({ min: 1, max: 5 }),
});

test('every lost offset counts once, however the ranges come, while there is room for all', () => {
  fc.assert(
    fc.property(fc.array(someLoss, { maxLength: 60 }), (losses) => {
      const book = new LossBook(1000);
      const lost = new Set<string>();
      for (const { stream, reason, cell, cells } of losses) {
        book.note(range(cell * 10, (cell + cells) * 10 - 1, { stream, reason }));
        for (let i = cell; i < cell + cells; i++) lost.add(`${stream} ${reason} ${i}`);
      }
      expect(book.count).toBe(lost.size * 10);
    }),
  );
});

test('what note returns gives the same book again, and the limit holds', () => {
  fc.assert(
    fc.property(fc.array(someLoss, { maxLength: 60 }), (losses) => {
      const entriesMax = 8;
      const book = new LossBook(entriesMax);
      const again = new LossBook(entriesMax);
      for (const { stream, reason, cell, cells } of losses) {
        const loss = range(cell * 10, (cell + cells) * 10 - 2, { stream, reason });
        for (const entry of book.note(loss)) again.restore(entry);
      }
      const byId = (entries: ReturnType<LossBook['all']>) => entries.sort((a, b) => a.id - b.id);
      expect(byId(again.all())).toEqual(byId(book.all()));
      expect(book.all().length).toBeLessThanOrEqual(entriesMax);
    }),
  );
});

test('beyond the limit no count is lost of ranges that come once', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(500), { maxLength: 200 }), (cells) => {
      const book = bookOf(
        cells.map((cell) => range(cell * 10, cell * 10 + 9)),
        5,
      );
      expect(book.count).toBe(cells.length * 10);
    }),
  );
});
