// The list of commands, in the order in which --help shows them. A command's file loads what it
// needs inside its action, so that --help and errors stay quick.

import type { Command } from 'commander';
import { registerBackup } from './backup.ts';
import { registerCheck } from './check.ts';
import { registerConsumers } from './consumers.ts';
import { registerDeadLetters } from './dead-letters.ts';
import { registerDecode } from './decode.ts';
import { registerDemo } from './demo.ts';
import { registerDevices } from './devices.ts';
import { registerDoctor } from './doctor.ts';
import { registerGroups } from './groups.ts';
import { registerInspect } from './inspect.ts';
import { registerLosses } from './losses.ts';
import { registerPorts } from './ports.ts';
import { registerQuery } from './query.ts';
import { registerReload } from './reload.ts';
import { registerServe } from './serve.ts';
import { registerStatus } from './status.ts';
import { registerTail } from './tail.ts';

export const commands: readonly ((program: Command) => void)[] = [
  registerServe,
  registerDemo,
  registerCheck,
  registerDoctor,
  registerTail,
  registerStatus,
  registerConsumers,
  registerDevices,
  registerQuery,
  registerGroups,
  registerLosses,
  registerInspect,
  registerDeadLetters,
  registerBackup,
  registerDecode,
  registerPorts,
  registerReload,
];
