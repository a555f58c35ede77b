// Dead letters chosen by their topics in SQL, against the matching that everything else goes by.
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { exactGlob, globLengthMax, matchesGlob } from '../../src/core/glob.ts';
import { listDeadLetters } from '../../src/log/dead-letter-list.ts';
import { createTables } from '../../src/log/schema.ts';

async function withLetters(topics: readonly string[]): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create();
  onTestFinished(() => instance.closeSync());
  const connection = await instance.connect();
  for (const sql of createTables) await connection.run(sql);
  const appender = await connection.createAppender('dead_letters');
  for (const [id, topic] of topics.entries()) {
    appender.appendBigInt(BigInt(id));
    appender.appendDefault();
    for (const text of ['mqtt', topic, '', 'invalid_json', '']) appender.appendVarchar(text);
    appender.appendUTinyInt(0);
    appender.appendBlob(new Uint8Array());
    appender.endRow();
  }
  appender.closeSync();
  return connection;
}

async function idsFor(connection: DuckDBConnection, topic: string): Promise<number[]> {
  const filter = { profile: '', reason: '', topic, ids: [] };
  const page = { filter, order: 'oldest', from: null, limit: 1000 } as const;
  return (await listDeadLetters(connection, page)).entries.map(({ id }) => id);
}

test('the globs of topics mean in SQL what they mean elsewhere', async () => {
  const signs = ['a', 'b', '.', '/', '\n', '%', '_', '^', '[', '*', '?', '\\', '😀'];
  const topic = fc.string({ unit: fc.constantFrom(...signs), maxLength: 4 });
  const topics = [...new Set([...signs, ...fc.sample(topic, { numRuns: 500, seed: 1 })])];
  const connection = await withLetters(topics);
  const matching = (glob: string): number[] =>
    topics.flatMap((each, id) => (matchesGlob(glob, each) ? [id] : []));
  const glob = fc.string({
    unit: fc.constantFrom(...signs, '*', '?', '\\'),
    minLength: 1,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(glob, fc.constantFrom(...topics).map(exactGlob)), async (asked) => {
      // An empty one is any.
      if (asked !== '') expect(await idsFor(connection, asked)).toEqual(matching(asked));
    }),
    { numRuns: 300 },
  );
});

test('no glob is slow, however many stars it has', async () => {
  const connection = await withLetters(['a'.repeat(1024), `${'a'.repeat(1000)}b`]);
  const stars = '*a'.repeat(globLengthMax / 2 - 1);
  expect(await idsFor(connection, `${stars}*b`)).toEqual([1]);
  expect(await idsFor(connection, `${stars}*c`)).toEqual([]);
});
