// Asks the process for damaged databases, and says what its answer means. Bounded in time and
// output; no shell. What that process prints is JSON of known shape or nothing.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import type {
  CheckAnswer,
  CheckedTable,
  RecoveryRequest,
  SalvageAnswer,
  SegmentAnswer,
  SegmentsAnswer,
} from './request.ts';

export type Verdict =
  | { readonly kind: 'sound'; readonly tables: readonly CheckedTable[] }
  /** It opens, and some tables cannot be read whole, or hold rows twice. */
  | { readonly kind: 'damaged'; readonly tables: readonly CheckedTable[]; readonly why: string }
  /** It does not open, or takes the process down. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Another process has it open. */
  | { readonly kind: 'busy'; readonly why: string }
  /** Written by a later version: nothing is wrong with it. */
  | { readonly kind: 'later'; readonly why: string }
  /** No answer, for a reason that is not the file's: too slow, no memory, no process. */
  | { readonly kind: 'unknown'; readonly why: string };

interface Outcome {
  readonly answer: unknown;
  /** Empty if there is an answer. */
  readonly why: string;
  /** Whether the process ended by a signal that it raised itself. */
  readonly isCrash: boolean;
}

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const CHECK_MS_MAX = 60_000;
const SALVAGE_MS_MAX = 600_000;

/** DuckDB's own word for what is the machine's fault and not the file's. */
const passing = /out of memory|too many open files|cannot allocate|no space left/i;

// The package names the built script, so that it is found from the sources as well.
const program = createRequire(import.meta.url).resolve('#recovery-process');

/** Opens the file for reading, and reads every table of it. Changes nothing. */
export async function checkDatabase(path: string, memoryBytesMax: number): Promise<Verdict> {
  const { answer, why, isCrash } = await ask({ kind: 'check', path, memoryBytesMax }, CHECK_MS_MAX);
  if (why !== '') return { kind: isCrash ? 'refused' : 'unknown', why };
  return judge(answer as CheckAnswer);
}

export function judge({ refusal, tables }: CheckAnswer): Verdict {
  const problems = tables.flatMap((checked) => {
    if (checked.problem !== '') return `${checked.table}: ${checked.problem}`;
    if (!hasRowsTwice(checked)) return [];
    return `${checked.table}: ${checked.rows} rows of offsets ${checked.first} to ${checked.last}`;
  });
  const why = refusal === '' ? problems.join('; ').slice(0, 1000) : refusal;
  if (why === '') return { kind: 'sound', tables };
  if (/conflicting lock|could not set lock/i.test(why)) return { kind: 'busy', why };
  if (/database file with version number|newer version/i.test(why)) return { kind: 'later', why };
  if (passing.test(why)) return { kind: 'unknown', why };
  return refusal === '' ? { kind: 'damaged', tables, why } : { kind: 'refused', why };
}

// A write-ahead log that was replayed into a file that already had its rows.
function hasRowsTwice({ isReadings, rows, first, last }: CheckedTable): boolean {
  return isReadings && rows > 0 && rows > last - first + 1;
}

/** Makes `target` with all that can be read of `path`; null if not even that works. */
export async function salvageDatabase(
  path: string,
  target: string,
  memoryBytesMax: number,
): Promise<SalvageAnswer | null> {
  const { answer } = await ask({ kind: 'salvage', path, target, memoryBytesMax }, SALVAGE_MS_MAX);
  const salvaged = answer as SalvageAnswer | null;
  return salvaged === null || salvaged.refusal !== '' ? null : salvaged;
}

/** How many files one process is asked to read: an argument has a limit of 128 KiB. */
const SEGMENTS_MAX = 200;

/** Reads sealed files whole. Those that take the process down, or too long, have that as problem. */
export async function inspectSegmentFiles(
  paths: readonly string[],
  options: { readonly memoryBytesMax: number; readonly isChecksumOnly: boolean },
): Promise<SegmentAnswer[]> {
  if (paths.length > SEGMENTS_MAX) {
    const first = await inspectSegmentFiles(paths.slice(0, SEGMENTS_MAX), options);
    return [...first, ...(await inspectSegmentFiles(paths.slice(SEGMENTS_MAX), options))];
  }
  if (paths.length === 0) return [];
  const { answer, why } = await ask({ kind: 'segments', paths, ...options }, SALVAGE_MS_MAX);
  const segments = (answer as SegmentsAnswer | null)?.segments;
  if (segments !== undefined) return [...segments];
  const [only] = paths;
  if (paths.length === 1 && only !== undefined) {
    const nothing = {
      bytes: 0,
      crc32: 0,
      first: 0,
      next: 0,
      firstReceivedUs: 0,
      lastReceivedUs: 0,
    };
    return [{ path: only, ...nothing, problem: why }];
  }
  // One of them: each half is asked for alone.
  const half = paths.length >> 1;
  const first = await inspectSegmentFiles(paths.slice(0, half), options);
  return [...first, ...(await inspectSegmentFiles(paths.slice(half), options))];
}

function ask(request: RecoveryRequest, msMax: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, JSON.stringify(request)], {
      stdio: ['ignore', 'pipe', 'ignore'],
      // Its flags are for a process that lives long.
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let isOurs = false;
    const kill = (): void => {
      isOurs = true;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(kill, msMax);
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > OUTPUT_BYTES_MAX) kill();
      else chunks.push(chunk);
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ answer: null, why: error.message, isCrash: false });
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const answer = parse(Buffer.concat(chunks).toString('utf8'));
      const end = signal === null ? `code ${code}` : signal;
      const isKilled = isOurs || signal === 'SIGKILL' || signal === 'SIGTERM';
      const why = answer === null ? `the process that reads it ended with ${end}` : '';
      resolve({ answer, why, isCrash: !isKilled && why !== '' });
    });
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
