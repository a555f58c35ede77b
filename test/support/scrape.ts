// Scrapes a gateway as Prometheus does, and reads its text format: every line, or it throws.

import { execFile } from 'node:child_process';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

export async function scrapeText(http: string): Promise<string> {
  const response = await fetch(`http://${http}/metrics`);
  if (!response.ok) throw new Error(`/metrics answered ${response.status}`);
  return response.text();
}

/** One that has the requests for it as well, which are counted when they are over. */
export async function scrapeCounted(http: string): Promise<string> {
  for (;;) {
    const text = await scrapeText(http);
    if (text.includes('http_server_request_duration_seconds_count')) return text;
  }
}

export async function scrape(http: string): Promise<Map<string, Family>> {
  return parseMetrics(await scrapeText(http));
}

/** Families by name. Throws on anything that the format does not know, on what comes twice, and on what has no type. */
export function parseMetrics(text: string): Map<string, Family> {
  const families = new Map<string, Family & { samples: Sample[] }>();
  const helps = new Map<string, string>();
  const seen = new Set<string>();
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      if (helps.has(name)) throw new Error(`twice: ${line}`);
      helps.set(name, rest);
    } else if (kind === 'TYPE') {
      if (families.has(name)) throw new Error(`twice: ${line}`);
      families.set(name, { name, type: rest, help: helps.get(name) ?? '', samples: [] });
    } else if (line !== '') {
      if (seen.has(seriesOf(line))) throw new Error(`twice: ${line}`);
      seen.add(seriesOf(line));
      const sample = parseSample(line);
      const family = families.get(sample.name) ?? families.get(familyName(sample.name));
      if (family === undefined) throw new Error(`no type: ${line}`);
      family.samples.push(sample);
    }
  }
  return families;
}

/** How many time series Prometheus would keep of it. */
export function countSeries(families: ReadonlyMap<string, Family>): number {
  return [...families.values()].reduce((sum, { samples }) => sum + samples.length, 0);
}

/** The output and the exit code of promtool, fed with `input`. */
export function promtool(
  args: readonly string[],
  input = '',
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile('promtool', args, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ code: Number(error?.code ?? 0), output: `${stdout}${stderr}` });
    });
    child.stdin?.end(input);
  });
}

/** A sample's line without its value. */
function seriesOf(line: string): string {
  return line.slice(0, line.lastIndexOf(' '));
}

function familyName(name: string): string {
  return name.replace(/_(bucket|sum|count)$/, '');
}

function parseSample(line: string): Sample {
  const [, name, inBraces = '', text] = SAMPLE.exec(line) ?? [];
  if (name === undefined || text === undefined) throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < inBraces.length) {
    const [, label, value] = LABEL.exec(inBraces) ?? [];
    if (label === undefined || value === undefined) throw new Error(`no label: ${line}`);
    labels[label] = value.replace(/\\(.)/g, (_, each) => (each === 'n' ? '\n' : each));
  }
  const value = text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text);
  if (Number.isNaN(value) && text !== 'NaN') throw new Error(`no number: ${line}`);
  return { name, labels, value };
}
