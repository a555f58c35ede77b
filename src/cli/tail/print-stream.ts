// Prints the events of a stream as they come, no faster than they are read; what is no reading and no
// gap goes to standard error.

import { Connection } from '../../client/connection.ts';
import { follow, type Wanted } from '../../client/follow.ts';
import type { SubscribeResponse } from '../../generated/millpond/v1/telemetry_service.ts';
import { printable } from '../../observability/printable.ts';
import { exitCodes } from '../exit-codes.ts';
import { print } from '../standard-output.ts';
import { stopSignal } from '../stop-signal.ts';
import { type Look, lookOf } from '../terminal/look.ts';
import { gapJson, readingJson } from './reading-json.ts';
import { gapLine, ReadingLines } from './reading-lines.ts';

export interface PrintOptions {
  readonly address: string;
  readonly wanted: Wanted;
  /** Readings after which it ends; may be infinite. */
  readonly count: number;
  readonly isJson: boolean;
}

function tell(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}

/** Resolves at the end of what was wanted or after a signal to stop. Throws what `follow` throws. */
export async function printStream(options: PrintOptions): Promise<void> {
  const { address, wanted, isJson } = options;
  const signal = stopSignal();
  if (process.stdout.isTTY && !wanted.stopAtEnd) {
    tell(`following ${wanted.stream} at ${address}; Ctrl-C ends`);
  }
  const events = follow(
    {
      connect: () => new Connection(address),
      signal,
      lost: ({ message }) => tell(`the gateway went away: ${message}; trying again`),
      resumed: () => tell('connected again; going on where it broke off'),
      random: Math.random,
    },
    wanted,
  );
  const look = lookOf(process.stdout);
  const lines = new ReadingLines(look);
  let left = options.count;
  for await (const { event } of events) {
    const readings = event?.$case === 'batch' ? event.value.readings.slice(0, left) : [];
    left -= readings.length;
    await print(
      textOf({ event }, readings, { isJson, lines, look, stream: wanted.stream }),
      signal,
    );
    if (left <= 0) return;
  }
  // Whoever asked to stop does not wait for a reader that has stopped reading.
  if (signal.aborted && process.stdout.writableLength > 0) process.exit(exitCodes.ok.code);
}

interface Printing {
  readonly isJson: boolean;
  readonly lines: ReadingLines;
  readonly look: Look;
  readonly stream: string;
}

function textOf(
  { event }: SubscribeResponse,
  readings: Parameters<ReadingLines['format']>[0],
  { isJson, lines, look, stream }: Printing,
): string {
  const printed: string[] = [];
  if (event?.$case === 'gap') {
    printed.push(isJson ? gapJson(stream, event.value) : gapLine(event.value, look));
  } else if (isJson) {
    for (const reading of readings) printed.push(readingJson(stream, reading));
  } else {
    printed.push(...lines.format(readings));
  }
  return printed.map((line) => `${line}\n`).join('');
}
