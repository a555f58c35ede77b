// What Grafana and the plugin Infinity do with a query: variables filled in, the URL put together, the
// answer's rows picked by a jq expression (with jq itself), and its columns by their names.

import { execFile } from 'node:child_process';

export interface InfinityQuery {
  readonly type: string;
  readonly source: string;
  readonly parser: string;
  readonly format: string;
  readonly url: string;
  readonly url_options: {
    readonly method: string;
    readonly params: readonly { readonly key: string; readonly value: string }[];
  };
  readonly root_selector: string;
  readonly columns: readonly {
    readonly selector: string;
    readonly text: string;
    readonly type: string;
  }[];
}

export type Row = Readonly<Record<string, unknown>>;

/** Values by name; of what has a text beside its value, `name:text` is the text. */
export type Variables = Readonly<Record<string, string>>;

/** Throws for a variable or a format that there is not. */
export function fillIn(text: string, variables: Variables): string {
  const filled = text.replace(/\$\{(\w+)(?::(\w+))?\}|\$(\w+)/g, (_, braced, format, bare) => {
    const name = (braced ?? bare) as string;
    const value = variables[format === 'text' ? `${name}:text` : name];
    if (value === undefined) throw new Error(`no variable ${name} (${format}) in ${text}`);
    if (format === undefined || format === 'raw' || format === 'text') return value;
    if (format === 'percentencode') return encodeURIComponent(value);
    throw new Error(`no format ${format} in ${text}`);
  });
  return filled;
}

/** Rows as the columns name them. Throws what is wrong with the query, the answer or a column. */
export async function ask(
  http: string,
  query: InfinityQuery,
  variables: Variables,
): Promise<Row[]> {
  const { type, source, parser, format, url_options: options } = query;
  if (type !== 'json' || source !== 'url' || parser !== 'jq-backend')
    throw new Error('another query');
  if (options.method !== 'GET') throw new Error(`the method ${options.method}`);
  if (!['table', 'timeseries'].includes(format)) throw new Error(`the format ${format}`);
  const url = new URL(fillIn(query.url, variables), `http://${http}`);
  for (const { key, value } of options.params) {
    url.searchParams.append(key, fillIn(value, variables));
  }
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} for ${url.href}: ${text}`);
  const found = await jq(query.root_selector, text);
  // Several results are the rows; one that is a list has them.
  const rows =
    found.length === 1 && Array.isArray(found[0]) ? (found[0] as Row[]) : (found as Row[]);
  return rows.map((row) => pick(query, row));
}

function pick({ columns, url }: InfinityQuery, row: Row): Row {
  return Object.fromEntries(
    columns.map(({ selector, text, type }) => {
      if (!/^\w+$/.test(selector)) throw new Error(`the selector ${selector} is not a plain name`);
      if (!(selector in row)) throw new Error(`no ${selector} in a row of ${url}`);
      const value = row[selector];
      if (value !== null && !fits(type, value)) {
        throw new Error(`${selector} of ${url} is no ${type}: ${String(value)}`);
      }
      return [text, value];
    }),
  );
}

function fits(type: string, value: unknown): boolean {
  switch (type) {
    case 'number':
    case 'boolean':
      return typeof value === type;
    case 'timestamp':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value));
    case 'string':
      return typeof value === 'string' || typeof value === 'number';
    default:
      throw new Error(`the type ${type}`);
  }
}

function jq(expression: string, input: string): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'jq',
      ['--compact-output', expression],
      { maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error !== null) reject(new Error(`${expression}: ${stderr || error.message}`));
        else
          resolve(
            stdout
              .split('\n')
              .filter(Boolean)
              .map((line) => JSON.parse(line) as unknown),
          );
      },
    );
    child.stdin?.end(input);
  });
}
