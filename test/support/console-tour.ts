// Documents that show a console: their commands, and the gateway for them to find.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Addresses, portOf } from './gateway.ts';

export interface Step {
  readonly command: string;
  /** The lines that the document shows below it. */
  readonly shown: string;
}

/** What stands behind `$` in the console blocks of a document. */
export function consoleSteps(text: string): Step[] {
  const blocks = [...text.matchAll(/^```console\n(.*?)^```$/gms)].map((block) => block[1] ?? '');
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((step) => {
        const [command = '', ...shown] = step.split('\n');
        return { command, shown: shown.join('\n') };
      }),
  );
}

/** What `millpond`, mosquitto's clients and curl read to find the gateway where it is. */
export function pointTo(addresses: Addresses, folder: string): Record<string, string> {
  const config = join(folder, 'config');
  mkdirSync(config, { recursive: true });
  writeFileSync(join(config, 'mosquitto_pub'), `-h 127.0.0.1\n-p ${portOf(addresses.mqtt)}\n`);
  writeFileSync(join(config, '.curlrc'), `connect-to = 127.0.0.1:8080:${addresses.http}\n`);
  return { XDG_CONFIG_HOME: config, CURL_HOME: config, MILLPOND_GRPC_LISTEN: addresses.grpc };
}
