// Whether what is written to a stream may have colours: Node.js' own rules, so that NO_COLOR,
// FORCE_COLOR, TERM and what no terminal is mean here what they mean elsewhere.

import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

/** By the environment as it is now. */
export function hasColour(stream: Writable): boolean {
  // Asked with one style: with a list of styles Node.js 20 looks at none of these rules.
  return styleText('red', 'x', { stream }) !== 'x';
}
