// The list of commands, in the order in which --help shows them. A command's file loads what it
// needs inside its action, so that --help and errors stay quick.

import type { Command } from 'commander';
import { registerCheck } from './check.ts';
import { registerServe } from './serve.ts';

export const commands: readonly ((program: Command) => void)[] = [registerServe, registerCheck];
