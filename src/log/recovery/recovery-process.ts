// The process that touches a database that may be damaged, so that DuckDB may abort in it and take
// nothing else along. One request as its argument, one answer as JSON on standard output. It loads
// the bindings alone: @duckdb/node-api would be most of what a check costs.

import { writeSync } from 'node:fs';
import duckdb from '@duckdb/node-bindings';
import { inspectSegments } from './inspect-segments.ts';
import type { CheckAnswer, CheckedTable, RecoveryRequest } from './request.ts';
import { salvage } from './salvage.ts';
import { Session } from './session.ts';

const STANDARD_OUTPUT = 1;

/** Reads every column of every row: blocks are verified when they are read, and only then. */
async function check(session: Session): Promise<CheckAnswer> {
  const tables: CheckedTable[] = [];
  for (const table of await session.tables()) {
    try {
      const columns = await session.columns(table);
      const list = columns.map((column) => `"${column}"`).join(', ');
      const isReadings = columns.includes('offset');
      const edges = isReadings ? 'min("offset"), max("offset")' : '0::bigint, 0::bigint';
      // The hash is in the result, or it would not be computed.
      const [row] = await session.rows(
        `select count(*), ${edges}, (bit_xor(hash(${list})) & 1)::bigint from "${table}"`,
      );
      const [rows = 0, first = 0, last = 0] = (row ?? []).map(Number);
      tables.push({ table, problem: '', rows, first, last, isReadings });
    } catch (error) {
      tables.push({ table, problem: textOf(error), rows: 0, first: 0, last: 0, isReadings: false });
    }
  }
  return { refusal: '', tables };
}

async function answer(request: RecoveryRequest): Promise<object> {
  try {
    const path = request.kind === 'check' ? request.path : '';
    const session = await Session.open(duckdb, { ...request, path });
    switch (request.kind) {
      case 'check':
        return await check(session);
      case 'salvage':
        return await salvage(session, request);
      case 'segments':
        return { refusal: '', segments: await inspectSegments(session, request) };
    }
  } catch (error) {
    return { refusal: textOf(error), tables: [] };
  }
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}

const request = JSON.parse(process.argv[2] ?? '') as RecoveryRequest;
writeSync(STANDARD_OUTPUT, JSON.stringify(await answer(request)));
// Nothing was changed in the database that was looked at; taking it down would only cost time.
process.exit(0);
