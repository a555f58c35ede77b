// What the exit code of every command means; the numbers from 64 up are those of sysexits.h.

import type { ErrorCode } from '../core/errors.ts';

export const exitCodes = {
  ok: { code: 0, meaning: 'done' },
  failed: { code: 1, meaning: 'the operation failed' },
  usage: { code: 2, meaning: 'the command line is wrong' },
  unreachable: { code: 69, meaning: 'the gateway cannot be reached' },
  fault: { code: 70, meaning: 'a fault in Millpond' },
  config: { code: 78, meaning: 'the config or a profile is wrong' },
} as const;

const namesByError: Partial<Record<ErrorCode, keyof typeof exitCodes>> = {
  USAGE: 'usage',
  GATEWAY_UNREACHABLE: 'unreachable',
  INTERNAL: 'fault',
  CONFIG_INVALID: 'config',
  CONFIG_NOT_FOUND: 'config',
  PROFILE_INVALID: 'config',
  LISTEN_OPEN: 'config',
};

export function exitCodeOf(error: ErrorCode): number {
  return exitCodes[namesByError[error] ?? 'failed'].code;
}
