// The command line as a whole: help, version, and what happens to a usage error.

import { Command, CommanderError } from 'commander';
import { MillpondError } from '../core/errors.ts';
import { commands } from './commands.ts';
import { exitCodes } from './exit-codes.ts';
import { printError } from './print-error.ts';

const examples = `
Examples:
  millpond demo                          have a look without any device
  millpond tail                          watch what comes in
  millpond serve                         run with the defaults, log in ./data
  millpond serve --config millpond.yaml  run with a config file
  millpond check                         look for errors in config and profiles

Every option can be set in the environment as well: MILLPOND_MQTT_LISTEN for mqtt.listen.`;

function exitCodeHelp(): string {
  const lines = Object.values(exitCodes).map(({ code, meaning }) => `  ${code}  ${meaning}`);
  return `\nExit codes:\n${lines.map((line) => line.replace(/^ {2}(\d) {2}/, '  $1   ')).join('\n')}`;
}

/** For all that is written from now on. */
function forbidColour(environment: NodeJS.ProcessEnv): void {
  environment.NO_COLOR = '1';
  // It would win.
  delete environment.FORCE_COLOR;
}

/** Throws instead of exiting; what it prints on its own is help and version. */
export function createProgram(version: string): Command {
  const program = new Command('millpond')
    .description(
      'An edge gateway for sensors: takes readings from MQTT devices, keeps them in a\ndurable log, and streams them over gRPC to processors at their own pace.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('--no-color', 'no colours on a terminal, as with NO_COLOR in the environment')
    .hook('preAction', (command) => {
      if (command.opts().color === false) forbidColour(process.env);
    })
    .helpCommand('help [command]', 'print the help of a command')
    .showSuggestionAfterError()
    // The error itself is printed in run, in the form that all errors have.
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText('after', `${examples}\n${exitCodeHelp()}`);
  for (const register of commands) register(program);
  return program;
}

/** Runs one command line (without `node` and the script) and returns the exit code. */
export async function run(args: readonly string[], version: string): Promise<number> {
  try {
    await createProgram(version).parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? exitCodes.ok.code);
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) return printError(thrown);
    if (thrown.exitCode === 0) return exitCodes.ok.code;
    // No command at all: the help that was printed says more than an error.
    if (thrown.code === 'commander.help') return exitCodes.usage.code;
    const message = thrown.message.replace(/^error: /, '');
    return printError(new MillpondError('USAGE', message));
  }
}
