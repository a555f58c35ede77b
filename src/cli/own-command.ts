// How this program was called, so that what it tells people to type works where they are.

import { basename, relative } from 'node:path';

export interface Invocation {
  /** The script as Node.js was given it. */
  readonly script: string;
  readonly folder: string;
  /** npm's own variable: `exec` under npx, `start` under `npm start`. */
  readonly npmCommand: string | undefined;
}

/** `npx millpond` under npm and npx, `node dist/main.js` for the script itself, else the installed `millpond`. */
export function ownCommand({ script, folder, npmCommand }: Invocation): string {
  if (npmCommand !== undefined) return 'npx millpond';
  return basename(script) === 'main.js' ? `node ${relative(folder, script)}` : 'millpond';
}
