// Numbers in and out: sizes given on the command line, quantiles, and how figures are printed.

const factors = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

/** `500k`, `2.5M` or `1000000` as a number. Throws on anything else. */
export function amount(text) {
  const match = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(text);
  if (match === null) throw new Error(`${text} is no amount; write 500k, 2.5M or 1000000`);
  return Math.round(Number(match[1]) * factors[match[2]]);
}

export function amountText(value) {
  if (value >= 1e6) return `${Number((value / 1e6).toFixed(1))} M`;
  return value >= 1e3 ? `${Number((value / 1e3).toFixed(1))} k` : String(value);
}

/** The values in order, at each of the shares asked for. */
export function quantiles(values) {
  const sorted = Float64Array.from(values).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) };
}

export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Least to greatest, in millions. */
export function rangeInMillions(values) {
  return `${(Math.min(...values) / 1e6).toFixed(2)}-${(Math.max(...values) / 1e6).toFixed(2)} M`;
}

/** Prints rows as an aligned table. */
export function printTable(rows) {
  const columns = Object.keys(rows[0]);
  const width = columns.map((column) =>
    Math.max(column.length, ...rows.map((row) => String(row[column] ?? '').length)),
  );
  const line = (cells) =>
    `| ${cells.map((cell, i) => String(cell ?? '').padEnd(width[i])).join(' | ')} |`;
  console.log(line(columns));
  console.log(`|${width.map((w) => '-'.repeat(w + 2)).join('|')}|`);
  for (const row of rows) console.log(line(columns.map((column) => row[column])));
}
