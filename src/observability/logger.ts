// Diagnostic lines, to standard error: standard output belongs to what a command prints. Memory is
// bounded: when nobody reads standard error, lines are dropped and counted.

import { isMainThread } from 'node:worker_threads';
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import { formatPretty } from './pretty-line.ts';

export type { Logger };

export interface LoggerOptions {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** `auto` is pretty on a terminal and JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty';
}

const bufferBytesMax = 1024 * 1024;

const secretNames = ['password', 'token', 'secret', 'authorization', 'Authorization'];
const secretPaths = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** True when lines are for people. */
export function isPretty(format: LoggerOptions['format']): boolean {
  return format === 'pretty' || (format === 'auto' && process.stderr.isTTY === true);
}

function openStandardError(): DestinationStream & { dropped: number } {
  // Written without waiting on the main thread, so that a slow terminal does not hold up the
  // sockets; at exit what is left is flushed. A worker's lines are few and have no such exit hook.
  const stream = destination({ dest: 2, sync: !isMainThread, maxLength: bufferBytesMax });
  const target = { dropped: 0, write: (line: string) => void stream.write(line) };
  stream.on('drop', () => {
    target.dropped += 1;
  });
  stream.on('drain', () => {
    if (target.dropped === 0) return;
    const dropped = target.dropped;
    target.dropped = 0;
    const time = new Date().toISOString();
    const msg = 'diagnostic lines were dropped: standard error is not read fast enough';
    stream.write(`${JSON.stringify({ level: 'warn', time, dropped, msg })}\n`);
  });
  return target;
}

/** `target` is standard error unless a test says otherwise; it gets whole lines. */
export function createLogger(options: LoggerOptions, target?: DestinationStream): Logger {
  const lines = target ?? openStandardError();
  const hasColour = target === undefined && process.stderr.isTTY && !process.env.NO_COLOR;
  const stream = isPretty(options.format)
    ? { write: (line: string) => lines.write(formatPretty(line, hasColour)) }
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
