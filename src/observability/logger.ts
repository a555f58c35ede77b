// Diagnostic lines, to standard error: standard output belongs to what a command prints. Memory is
// bounded: when nobody reads standard error, lines are dropped and counted.

import { isMainThread } from 'node:worker_threads';
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import { hasColour } from './colour.ts';
import { formatPretty } from './pretty-line.ts';

export type { Logger };

export interface LoggerOptions {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** `auto` is pretty on a terminal and JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty';
}

const bufferBytesMax = 1024 * 1024;

/** How long `flushed` waits for somebody to read standard error. */
const FLUSH_MS_MAX = 2000;

interface LineTarget extends DestinationStream {
  /** Calls back when every line is written. */
  flush?(done: () => void): void;
}

const secretNames = ['password', 'token', 'secret', 'authorization', 'Authorization'];
const secretPaths = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** True when lines are for people. */
export function isPretty(format: LoggerOptions['format']): boolean {
  return format === 'pretty' || (format === 'auto' && process.stderr.isTTY === true);
}

function openStandardError(): LineTarget {
  // Written without waiting on the main thread, so that a slow terminal does not hold up the
  // sockets; at exit what is left is flushed. A worker's lines are few and have no such exit hook.
  const stream = destination({ dest: 2, sync: !isMainThread, maxLength: bufferBytesMax });
  let lost = 0;
  let isWriting = false;
  stream.on('drop', () => {
    lost += 1;
  });
  stream.on('drain', () => {
    isWriting = false;
    if (lost === 0) return;
    const dropped = lost;
    lost = 0;
    const time = new Date().toISOString();
    const msg = 'diagnostic lines were dropped: standard error is not read fast enough';
    stream.write(`${JSON.stringify({ level: 'warn', time, dropped, msg })}\n`);
  });
  return {
    write(line) {
      isWriting = true;
      stream.write(line);
    },
    flush(done) {
      if (isWriting) stream.once('drain', done);
      else done();
    },
  };
}

/** `target` is standard error unless a test says otherwise; it gets whole lines. */
export function createLogger(options: LoggerOptions, target?: DestinationStream): Logger {
  const lines: LineTarget = target ?? openStandardError();
  const isColoured = target === undefined && hasColour(process.stderr);
  const stream = isPretty(options.format)
    ? { ...lines, write: (line: string) => lines.write(formatPretty(line, isColoured)) }
    : lines;
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretPaths, censor: '[hidden]' },
    },
    stream,
  );
}

/**
 * Resolves when every line is written, or when nobody reads them. To be awaited before the process
 * ends: of lines that are written at its exit, one on its way may come last, or be lost.
 */
export function flushed(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, FLUSH_MS_MAX);
    logger.flush(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
