// Values of options that several commands take, read alike.

import { InvalidArgumentError } from 'commander';

/** For an option that can be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Throws InvalidArgumentError. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError('It is a whole number from 1 up.');
}
