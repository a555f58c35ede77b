// The last resort: an exception or a rejected promise that nobody handles ends the process with
// exit code 70, for nothing that happens after it can be relied on.

import { exitCodes } from './exit-codes.ts';
import { printError } from './print-error.ts';

type Report = (fault: unknown) => void;

let report: Report = printError;
let reported: () => Promise<void> = () => Promise.resolve();
let isEnding = false;

/**
 * A command with a logger reports there instead of printing; `written` resolves when what was
 * reported is written, in a time that has an end.
 */
export function reportFaultsTo(next: Report, written: () => Promise<void>): void {
  report = next;
  reported = written;
}

function endWith(fault: unknown): void {
  // What a fault brings with it is not the fault.
  if (isEnding) return;
  isEnding = true;
  const end = (): never => process.exit(exitCodes.fault.code);
  try {
    report(fault);
  } catch {
    // There is nothing left to tell it to.
    end();
  }
  reported().then(end, end);
}

/** Ends the process once what was reported is written; a fault that is ending it has its own code. */
export async function exitWith(code: number): Promise<never> {
  await reported();
  if (isEnding) await new Promise<never>(() => {});
  process.exit(code);
}

export function installFaultHandlers(): void {
  process.on('uncaughtException', endWith);
  process.on('unhandledRejection', endWith);
  // The reader of a pipe went away, as `head` does after its last line: that is no fault.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(exitCodes.ok.code);
      endWith(error);
    });
  }
}
