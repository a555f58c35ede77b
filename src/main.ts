#!/usr/bin/env node
// From the command line to one command, and from its end to the exit code.

import { readFileSync } from 'node:fs';
import { installFaultHandlers } from './cli/faults.ts';
import { run } from './cli/program.ts';

installFaultHandlers();
const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };
// Not process.exit: what was printed may still be on its way into a pipe.
process.exitCode = await run(process.argv.slice(2), version);
