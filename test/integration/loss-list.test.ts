// The list of losses on a real database: every entry once, whatever the page's size, and what comes
// or goes between two pages.
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeEach, expect, test } from 'vitest';
import type { LossCursor, LossEntry, LossPageRequest } from '../../src/core/log-inspection.ts';
import { listLosses } from '../../src/log/loss-list.ts';
import { createTables } from '../../src/log/schema.ts';

const startUs = 1_700_000_000_000_000;

async function openTables() {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  for (const sql of createTables) await connection.run(sql);
  return connection;
}

let connection: Awaited<ReturnType<typeof openTables>>;

beforeEach(async () => {
  connection = await openTables();
});

/** Ten entries, three at each time, numbered in their offsets. */
async function insert(first: number, next: number): Promise<void> {
  for (let number = first; number < next; number++) {
    const atUs = startUs + Math.floor(number / 3);
    const stream = number % 2 === 0 ? 'even' : 'odd';
    await connection.run(
      `insert into losses values ('${stream}', ${number * 10}, ${number * 10 + 9}, 10,
         'retention_age', 'n${number}', make_timestamp(${atUs}))`,
    );
  }
}

type Order = LossPageRequest['order'];

async function listAll(limit: number, between = async () => {}, order: Order = 'oldest') {
  const pages: LossEntry[][] = [];
  let from: LossCursor | null = null;
  do {
    const page = await listLosses(connection, { stream: null, order, from, limit });
    pages.push([...page.entries]);
    from = page.next;
    await between();
  } while (from !== null);
  return pages;
}

function numbers(pages: LossEntry[][]): number[] {
  return pages.flat().map(({ detail }) => Number(detail.slice(1)));
}

test.each([1, 2, 3, 4, 9, 10, 11])('in pages of %i', async (limit) => {
  await insert(0, 10);
  const pages = await listAll(limit);
  expect(numbers(pages)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(pages.length).toBe(Math.ceil(10 / limit));
});

test.each([1, 2, 3, 4, 9, 10, 11])('the newest first, in pages of %i', async (limit) => {
  await insert(0, 10);
  const pages = await listAll(limit, undefined, 'newest');
  expect(numbers(pages)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
});

test('an entry is told with its range, or without one', async () => {
  await insert(3, 4);
  await connection.run(
    `insert into losses values ('', -1, -1, 7, 'dead_letters_full', '', make_timestamp(${startUs + 9}))`,
  );
  const [page] = await listAll(10);
  expect(page).toEqual([
    {
      stream: 'odd',
      range: { first: 30, next: 40 },
      count: 10,
      reason: 'retention_age',
      detail: 'n3',
      recordedAtUs: startUs + 1,
    },
    {
      stream: '',
      range: null,
      count: 7,
      reason: 'dead_letters_full',
      detail: '',
      recordedAtUs: startUs + 9,
    },
  ]);
});

test('of one stream', async () => {
  await insert(0, 10);
  const request = { stream: 'odd', order: 'oldest', from: null, limit: 3 } as const;
  const first = await listLosses(connection, request);
  const second = await listLosses(connection, { ...request, from: first.next });
  expect(numbers([[...first.entries], [...second.entries]])).toEqual([1, 3, 5, 7, 9]);
  expect(second.next).toBeNull();
});

test('what comes meanwhile is in it, what goes is not, and nothing twice', async () => {
  await insert(0, 6);
  let page = 0;
  const pages = await listAll(4, async () => {
    page += 1;
    if (page > 1) return;
    await insert(6, 9);
    await connection.run('delete from losses where first_offset < 30');
  });
  expect(numbers(pages)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});
