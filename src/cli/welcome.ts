// What people are told on standard error once the gateway runs: where to look and what to do next.

import { hostname } from 'node:os';
import { formatAddress } from '../core/listen-address.ts';
import type { GatewayAddresses } from '../observability/gateway-status.ts';
import { reachableEndpoint } from './gateway-address.ts';
import { ownCommand } from './own-command.ts';

export interface Running {
  readonly addresses: GatewayAddresses;
  readonly dataDir: string;
  /** Behind the folder's name, if there is something to say of it. */
  readonly dataNote?: string;
}

/** Indented lines with the addresses and the folder, the dashboard's first. */
export function whereLines({ addresses, dataDir, dataNote }: Running): string {
  const { mqtt, grpc, http } = addresses;
  const note = dataNote === undefined ? '' : `   (${dataNote})`;
  return `  Dashboard  ${dashboardUrl(http)}
  MQTT       ${mqtt}
  gRPC       ${grpc}
  data       ${dataDir}${note}`;
}

/** How the program is called here, and the flag that finds this gateway. */
export function callOf({ grpc }: GatewayAddresses): { command: string; elsewhere: string } {
  const command = ownCommand({
    script: process.argv[1] ?? '',
    folder: process.cwd(),
    npmCommand: process.env.npm_command,
  });
  return { command, elsewhere: grpc === '127.0.0.1:50051' ? '' : ` --grpc ${grpc}` };
}

/** Of `serve`. */
export function serveWelcome(running: Running): string {
  const { command, elsewhere } = callOf(running.addresses);
  return `
Millpond is running. Open the dashboard in a browser:

${whereLines(running)}

No device at hand? Ctrl-C, then \`${command} demo\`: simulated thermometers.
In another terminal: \`${command} tail${elsewhere}\`
or \`${command} status --watch${elsewhere}\`. Ctrl-C ends it.
`;
}

/** One that listens on every interface is named as others on the network can reach it. */
export function dashboardUrl(listen: string): string {
  const { host, port } = reachableEndpoint(listen);
  const isOfAll = formatAddress({ host, port }) !== listen;
  return `http://${isOfAll ? `${hostname()}:${port}` : listen}`;
}
