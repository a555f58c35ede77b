// `millpond query`: SQL over the streams of a running gateway, printed or written to a file.

import { type Command, Option } from 'commander';
import { type GrpcFlags, grpcOption, reachableAddress } from './gateway-address.ts';
import { collect, parseCount } from './option-values.ts';
import { type QueryFormat, queryFormats } from './query/format.ts';

interface QueryFlags extends GrpcFlags {
  readonly param?: readonly string[];
  readonly format?: QueryFormat;
  readonly output?: string;
  readonly maxRows?: number;
  readonly timeLimit?: string;
}

/** Rows of a table, when nothing else is said: a person does not read more. */
const TABLE_ROWS = 1000;

function formatOf({ format, output }: QueryFlags): QueryFormat {
  if (format !== undefined) return format;
  const ending = /\.(\w+)$/.exec(output ?? '')?.[1]?.toLowerCase() ?? '';
  const aliases: Readonly<Record<string, QueryFormat>> = { jsonl: 'json', ndjson: 'json' };
  return aliases[ending] ?? queryFormats.find((each) => each === ending) ?? 'table';
}

async function readAll(stream: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

async function runQuery(sql: string | undefined, flags: QueryFlags): Promise<void> {
  const address = reachableAddress(flags.grpc);
  const format = formatOf(flags);
  const { MillpondError } = await import('../core/errors.ts');
  const { parseParameter } = await import('./query/parameter.ts');
  const { parseDurationMs } = await import('../config/units.ts');
  const { Format } = await import('../generated/millpond/v1/format.ts');
  const { askGateway } = await import('./query/ask-gateway.ts');
  if (format === 'parquet' && flags.output === undefined) {
    throw new MillpondError('USAGE', 'Parquet goes to a file: name it with --output.');
  }
  const timeLimitMs = parseDurationMs(flags.timeLimit ?? '0s');
  if (timeLimitMs === null || timeLimitMs > 2 ** 31) {
    throw new MillpondError('USAGE', `--time-limit ${flags.timeLimit}: write it as 500ms or 10s`);
  }
  const maxRows = flags.maxRows ?? (format === 'table' ? TABLE_ROWS : 0);
  await askGateway({
    address,
    format,
    output: flags.output ?? null,
    request: {
      sql: sql ?? (await readAll(process.stdin)),
      parameters: (flags.param ?? []).map(parseParameter),
      format: Format.FORMAT_ROWS,
      timeLimitMs,
      maxRows: BigInt(maxRows),
      maxBytes: 0n,
    },
  });
}

export function registerQuery(program: Command): void {
  program
    .command('query')
    .description('run a SQL query over the streams of a running gateway')
    .argument('[sql]', 'one select; without it, it is read from standard input')
    .addOption(grpcOption())
    .option('-p, --param <name=value>', 'a value for $name, or for $1; can be repeated', collect)
    .addOption(
      new Option(
        '-f, --format <format>',
        "how the result is written (default: by the ending of the output's name, else table)",
      ).choices(queryFormats),
    )
    .option('-o, --output <file>', 'write to this file, which is there only when all of it is')
    .option(
      '-n, --max-rows <n>',
      `cut the result off after so many rows (default: ${TABLE_ROWS} for a table, else no limit)`,
      parseCount,
    )
    .option('-t, --time-limit <time>', "end after so long (default: the gateway's query.timeLimit)")
    .addHelpText(
      'after',
      `
Examples:
  millpond query 'select device, metric, avg(number) from readings group by all'
  millpond query 'from readings where device = $d limit 10' -p d=kitchen
  millpond query 'show tables'                          the streams there are
  millpond query --output day.parquet < day.sql
  millpond query --format json 'from readings' | jq .device

Every stream is a view of its name: offset, series, device, channel, metric, unit, source, measured_at,
received_at, number, text, quality. The language is DuckDB's; docs/query.md has more to try. JSON is one
object a line; in CSV nothing between two commas is null, and "" an empty text. Times are UTC.

A parameter is a number, true, false, null or a time (2025-01-31T12:00:00Z) if it looks like one, else a
text; in single quotes it is always a text. Ctrl-C ends the query. What is no row goes to standard error.`,
    )
    .action(runQuery);
}
