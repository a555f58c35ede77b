// What a start takes for a whole segment when it has to read a file to its end.
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import { expect, test } from 'vitest';
import { inspectSegments } from '../../src/log/recovery/inspect-segments.ts';
import { Session } from '../../src/log/recovery/session.ts';
import { tempFolder } from '../support/temp-folder.ts';

const columns = `'d' as device, '' as channel, 'm' as metric, '' as unit, 'mqtt' as source,
  make_timestamptz(1700000000000000 + n) as measured_at,
  make_timestamptz(1700000000000000 + n) as received_at,
  n::double as number, null::varchar as text, 1::utinyint as quality`;

async function inspect(offset: string, order: string) {
  const path = join(tempFolder(), 'segment.parquet');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `copy (select (${offset})::bigint as "offset", 0::integer as series, ${columns}
      from range(1000) as rows(n) order by ${order}) to '${path}' (format parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
  const memoryBytesMax = 64 * 1024 * 1024;
  const session = await Session.open(duckdb, { path: '', memoryBytesMax });
  const request = {
    kind: 'segments',
    paths: [path],
    isChecksumOnly: false,
    memoryBytesMax,
  } as const;
  return (await inspectSegments(session, request))[0];
}

test('rows that are dense and in order are a segment', async () => {
  expect(await inspect('50 + n', 'n')).toMatchObject({ first: 50, next: 1050, problem: '' });
});

test.each([
  ['a row is missing', '50 + n + (n > 500)::int', 'n'],
  ['a row is there twice, and one is not', 'case when n = 7 then 58 else 50 + n end', 'n'],
  ['two rows changed places', '50 + n', 'case n when 7 then 8 when 8 then 7 else n end'],
])('when %s, a file is none', async (_what, offset, order) => {
  expect((await inspect(offset, order))?.problem).toMatch(/^has 1000 rows of offsets 50 to /);
});
