#!/usr/bin/env -S MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=262144 MALLOC_TRIM_THRESHOLD_=262144 node --max-semi-space-size=4
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
