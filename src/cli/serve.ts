// `millpond serve`: the gateway.

import type { Command } from 'commander';
import type { GatewayAddresses } from '../observability/gateway-status.ts';
import { type ConfigFlags, configOption, configPlace } from './config-option.ts';

export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('run the gateway')
    .addOption(configOption())
    .addHelpText(
      'after',
      `
Once it accepts connections, one line of JSON on standard output tells where:
  {"event":"ready","mqtt":"127.0.0.1:1883","grpc":"127.0.0.1:50051","http":"127.0.0.1:8080"}
All else goes to standard error, on a terminal also where the dashboard is. SIGTERM or Ctrl-C stops it once what it took is on disk;
SIGHUP makes it read its profiles again, as \`millpond reload\` does.`,
    )
    .action(async (flags: ConfigFlags) => {
      const { loadConfig } = await import('../config/load.ts');
      const { runGateway } = await import('./run-gateway.ts');
      const { serveWelcome } = await import('./welcome.ts');
      const config = loadConfig(configPlace(flags));
      const onReady = (addresses: GatewayAddresses): void => {
        process.stdout.write(`${JSON.stringify({ event: 'ready', ...addresses })}\n`);
        if (!process.stderr.isTTY) return;
        process.stderr.write(serveWelcome({ addresses, dataDir: config.dataDir }));
      };
      await runGateway(config, onReady);
    });
}
