// Runs the gateway in the foreground until a signal or a failure ends it.

import type { Config } from '../config/config.ts';
import { asMillpondError } from '../core/errors.ts';
import type { GatewayAddresses } from '../observability/gateway-status.ts';
import { createLogger, flushed, isPretty, type Logger } from '../observability/logger.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { exitWith, reportFaultsTo } from './faults.ts';
import { formatError } from './print-error.ts';

// Supervisors kill after some seconds; what is not acknowledged by then is resent by the device.
const stopTimeoutMs = 4500;
/** Usually it is over sooner: nothing is sealed at a stop. */
const STOP_NOTICE_MS = 1000;
const STILL_STOPPING = 'still stopping: what was taken goes to the disk; Ctrl-C again ends at once';

/** Resolves at the first SIGTERM or SIGINT; from then on a second one exits at once. */
function firstSignal(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isStopping) process.exit(exitCodes.failed.code);
      isStopping = true;
      logger.info({ signal }, 'stopping');
      resolve();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}

function reportTo(logger: Logger, config: Config): (thrown: unknown) => number {
  return (thrown) => {
    const error = asMillpondError(thrown);
    if (isPretty(config.logger.format)) {
      process.stderr.write(`${formatError(error)}\n`);
    } else {
      const { code, remedy } = error;
      logger.fatal({ code, remedy, err: error.cause ?? error }, error.message);
    }
    return exitCodeOf(error.code);
  };
}

/**
 * Never returns: ends the process, with 0 after a signal and a clean stop. `onReady` is called once
 * connections are accepted. SIGHUP reloads the profiles. Errors are told on standard error.
 */
export async function runGateway(
  config: Config,
  onReady: (addresses: GatewayAddresses) => void,
): Promise<never> {
  const logger = createLogger(config.logger);
  const report = reportTo(logger, config);
  reportFaultsTo(report, () => flushed(logger));
  const signalled = firstSignal(logger);
  let onHangUp = (): Promise<unknown> => Promise.resolve();
  process.on('SIGHUP', () => void onHangUp());
  try {
    const { startGateway } = await import('../gateway.ts');
    const starting = startGateway(config, logger);
    const stopRequested = signalled.then(async () => {
      // Not unref'd: it must fire even if a part that hangs holds nothing open.
      setTimeout(() => {
        logger.error({ stopTimeoutMs }, 'could not stop in time');
        void exitWith(exitCodes.failed.code);
      }, stopTimeoutMs);
      const notice = setTimeout(() => logger.info(STILL_STOPPING), STOP_NOTICE_MS);
      await (await starting).stop();
      clearTimeout(notice);
    });
    const gateway = await starting;
    // Told to the logger either way; a broken profile does not end the gateway.
    onHangUp = () => gateway.reloadProfiles().catch(() => undefined);
    const ended = Promise.race([gateway.stopped, stopRequested]);
    const ready = gateway.ready.then((addresses) => {
      if (addresses !== null) onReady(addresses);
    });
    await Promise.all([ready, ended]);
    logger.info('stopped');
    return await exitWith(exitCodes.ok.code);
  } catch (thrown) {
    return await exitWith(report(thrown));
  }
}
