// The last resort: an exception or a rejected promise that nobody handles ends the process with
// exit code 70, for nothing that happens after it can be relied on.

import { exitCodes } from './exit-codes.ts';
import { printError } from './print-error.ts';

type Report = (fault: unknown) => void;

let report: Report = printError;

/** A command with a logger reports there instead of printing. */
export function reportFaultsTo(next: Report): void {
  report = next;
}

function endWith(fault: unknown): never {
  try {
    report(fault);
  } catch {
    // There is nothing left to tell it to.
  }
  process.exit(exitCodes.fault.code);
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
