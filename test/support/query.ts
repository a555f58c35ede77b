// Asks SQL over gRPC, the way a client does: with the generated client.

import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { Format } from '../../src/generated/millpond/v1/format.ts';
import type {
  QueryArrow,
  QueryEnd,
  QueryRequest,
  QueryResponse,
  QueryValue,
} from '../../src/generated/millpond/v1/query.ts';
import type { TelemetryServiceClient } from '../../src/generated/millpond/v1/telemetry_service.ts';
import { errorInfoOf } from './grpc-error.ts';

export type Cell = boolean | bigint | number | string | Uint8Array | null;

export interface Answer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly Cell[])[];
  readonly end: QueryEnd;
}

export function queryRequest(sql: string, fields: Partial<QueryRequest> = {}): QueryRequest {
  return {
    sql,
    parameters: [],
    format: Format.FORMAT_ROWS,
    timeLimitMs: 0,
    maxRows: 0n,
    maxBytes: 0n,
    ...fields,
  };
}

/** Rejects with the call's error, or when the parts do not come in their order. */
export async function query(
  client: TelemetryServiceClient,
  sql: string,
  fields: Partial<QueryRequest> = {},
): Promise<Answer> {
  const call = client.query(queryRequest(sql, fields)) as ClientReadableStream<QueryResponse>;
  let columns: Answer['columns'] | null = null;
  let end: QueryEnd | null = null;
  const rows: Cell[][] = [];
  for await (const { part } of call as AsyncIterable<QueryResponse>) {
    if (end !== null) throw new Error('something came behind the end');
    if (part?.$case === 'columns') columns = part.value.columns;
    else if (columns === null) throw new Error('the columns did not come first');
    else if (part?.$case === 'rows') {
      for (const { values } of part.value.rows) rows.push(values.map(cellOf));
    } else if (part?.$case === 'end') end = part.value;
  }
  if (columns === null || end === null) throw new Error('the result was not whole');
  return { columns, rows, end };
}

/** The Arrow messages of a result, each one IPC stream. */
export async function queryArrow(
  client: TelemetryServiceClient,
  sql: string,
  fields: Partial<QueryRequest> = {},
): Promise<{ readonly batches: readonly QueryArrow[]; readonly end: QueryEnd | null }> {
  const request = queryRequest(sql, { ...fields, format: Format.FORMAT_ARROW });
  const call = client.query(request) as ClientReadableStream<QueryResponse>;
  const batches: QueryArrow[] = [];
  let end: QueryEnd | null = null;
  for await (const { part } of call as AsyncIterable<QueryResponse>) {
    if (part?.$case === 'rows') throw new Error('rows came instead of columns');
    if (part?.$case === 'arrow') batches.push(part.value);
    if (part?.$case === 'end') end = part.value;
  }
  return { batches, end };
}

export function cellOf({ value }: QueryValue): Cell {
  return value === undefined ? null : value.value;
}

/** The code of the error with which the call ends; fails if it does not. */
export async function refusalOf(
  client: TelemetryServiceClient,
  sql: string,
  fields: Partial<QueryRequest> = {},
): Promise<{ readonly reason: string; readonly message: string }> {
  const error = await query(client, sql, fields).then(
    ({ rows }) => {
      throw new Error(`${sql} was answered: ${rows.length} rows`);
    },
    (thrown: ServiceError) => thrown,
  );
  if (error.metadata === undefined) throw error;
  const { reason, message } = errorInfoOf(error);
  return { reason, message };
}
