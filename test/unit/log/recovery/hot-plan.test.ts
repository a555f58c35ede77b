// Hot tables are made dense again, under the names of their first offsets.
import { expect, test } from 'vitest';
import { planHot, statementsOf } from '../../../../src/log/recovery/hot-plan.ts';

const range = (first: number, next: number) => ({ first, next });
const table = (first: number, ...runs: { first: number; next: number }[]) => ({
  table: `hot_0_${first}`,
  stream: 0,
  first,
  runs,
});

test('a dense table under its name stays as it is, and so does an empty one', () => {
  expect(planHot([table(10, range(10, 20)), table(20)], [range(0, 10)])).toEqual([]);
});

test('each run of rows gets a table of its own', () => {
  const [change, ...others] = planHot([table(10, range(10, 15), range(18, 20))], []);
  expect(others).toEqual([]);
  expect(statementsOf(change as NonNullable<typeof change>)).toEqual([
    'create table hot_0_18 as select * from hot_0_10 where "offset" >= 18 and "offset" < 20 order by "offset"',
    'delete from hot_0_10 where not ("offset" >= 10 and "offset" < 15)',
  ]);
});

test('a table that a sealed file holds whole goes', () => {
  const [change] = planHot([table(10, range(10, 20))], [range(10, 20)]);
  expect(statementsOf(change as NonNullable<typeof change>)).toEqual(['drop table hot_0_10']);
});

test('a table whose first rows are gone gets the name of those that are left', () => {
  const [change] = planHot([table(10, range(13, 20))], []);
  expect(statementsOf(change as NonNullable<typeof change>)).toEqual([
    'create table hot_0_13 as select * from hot_0_10 where "offset" >= 13 and "offset" < 20 order by "offset"',
    'drop table hot_0_10',
  ]);
});
