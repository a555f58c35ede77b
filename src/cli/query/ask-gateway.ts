// Asks a gateway a query and passes the result on as it comes.

import { fstatSync } from 'node:fs';
import { Connection } from '../../client/connection.ts';
import { MillpondError } from '../../core/errors.ts';
import type { QueryEnd, QueryRequest, QueryResponse } from '../../generated/millpond/v1/query.ts';
import { counted } from '../amount-text.ts';
import { exitCodes } from '../exit-codes.ts';
import { stopSignal } from '../stop-signal.ts';
import { lookOf, plainLook } from '../terminal/look.ts';
import { Progress } from '../terminal/progress.ts';
import type { QueryFormat } from './format.ts';
import { CsvLines, JsonLines, LineOutput, type QueryOutput } from './output.ts';
import { fileSink, standardOutput } from './sinks.ts';
import { TableOutput } from './table-output.ts';

export interface GatewayQuery {
  readonly address: string;
  readonly request: QueryRequest;
  readonly format: QueryFormat;
  /** A file; null for standard output. */
  readonly output: string | null;
}

/** Throws what the gateway throws, GATEWAY_UNREACHABLE, OUTPUT_UNUSABLE. */
export async function askGateway(query: GatewayQuery): Promise<void> {
  const signal = stopSignal();
  const connection = new Connection(query.address);
  const output = await outputOf(query, signal);
  const progress = mayShowProgress(query)
    ? new Progress({
        title: 'query',
        amountText: (rows) => counted(Math.round(rows), 'row'),
        total: null,
        hasLines: false,
      })
    : null;
  try {
    const parts = connection.events(() => connection.telemetry.query(query.request), signal);
    const end = await passOn(parts, output, { signal, progress }).finally(() => progress?.end());
    if (end === null) {
      await output.discard();
      process.stderr.write('cancelled\n');
      process.exitCode = exitCodes.failed.code;
      return;
    }
    await output.end();
    process.stderr.write(`${summaryOf(end)}\n`);
  } catch (error) {
    await output.discard();
    throw error;
  } finally {
    connection.close();
  }
}

/** Null when it was cancelled. */
async function passOn(
  parts: AsyncIterable<QueryResponse>,
  output: QueryOutput,
  { signal, progress }: { signal: AbortSignal; progress: Progress | null },
): Promise<QueryEnd | null> {
  for await (const { part } of parts) {
    if (part?.$case === 'columns') await output.begin(part.value.columns);
    if (part?.$case === 'rows') {
      await output.write(part.value.rows);
      progress?.add(part.value.rows.length);
    }
    if (part?.$case === 'end') return part.value;
  }
  if (signal.aborted) return null;
  throw new MillpondError('QUERY_FAILED', 'The result ended before its end.');
}

/** Not where rows appear on the same terminal meanwhile, ours or those of a pager or filter. */
function mayShowProgress({ format, output }: GatewayQuery): boolean {
  if (output !== null) return true;
  if (process.stdout.isTTY === true) return format === 'table';
  return fstatSync(process.stdout.fd).isFile();
}

function summaryOf({ rows, elapsedUs, isTruncated }: QueryEnd): string {
  const count = counted(rows, 'row');
  const seconds = `${(Number(elapsedUs) / 1_000_000).toFixed(3)} s`;
  return isTruncated
    ? `the first ${count} in ${seconds}; there are more: --max-rows`
    : `${count} in ${seconds}`;
}

async function outputOf(
  { format, output: path }: GatewayQuery,
  signal: AbortSignal,
): Promise<QueryOutput> {
  if (format === 'parquet') {
    const { ParquetOutput } = await import('./parquet-output.ts');
    return ParquetOutput.create(path ?? '');
  }
  const sink = path === null ? standardOutput(signal) : await fileSink(path, signal);
  switch (format) {
    case 'csv':
      return new LineOutput(new CsvLines(), sink);
    case 'json':
      return new LineOutput(new JsonLines(), sink);
    case 'table':
      return new TableOutput(sink, path === null ? lookOf(process.stdout) : plainLook);
  }
}
