// `millpond decode`: what the profiles make of one payload, without a gateway.

import type { Command } from 'commander';
import { Option } from 'commander';
import { MillpondError } from '../core/errors.ts';
import { type ConfigFlags, configOption, configPlace } from './config-option.ts';

interface DecodeFlags extends ConfigFlags {
  readonly topic?: string;
  readonly port?: string;
  readonly profile?: string;
  readonly hex?: boolean;
  readonly file?: string;
  readonly retained?: boolean;
  readonly json?: boolean;
}

/** Throws USAGE for what no message can come on. */
function checkTopic(topic: string | undefined): string {
  if (topic === undefined) {
    throw new MillpondError('USAGE', 'Say with --topic or --port where the payload came from.');
  }
  if (topic !== '' && !/[+#\u0000]/.test(topic)) return topic;
  const why = topic === '' ? 'is empty' : 'has a wildcard, which only filters have';
  throw new MillpondError('USAGE', `--topic ${topic} ${why}; give the topic of one message`);
}

async function decode(argument: string | undefined, flags: DecodeFlags): Promise<void> {
  const { readPayload } = await import('./decode/payload.ts');
  const { gatherProfiles } = await import('./decode/profiles.ts');
  const { loadConfig } = await import('../config/load.ts');
  const { sourceNameOf } = await import('../core/serial-config.ts');
  const { decodePorts } = await import('../decode/serial-ports.ts');
  const { systemClock } = await import('../core/clock.ts');
  const { createDecoder } = await import('../decode/decoder.ts');
  const { explainMessage } = await import('../decode/explain.ts');
  const { printable } = await import('../observability/printable.ts');
  const topic = flags.port ?? checkTopic(flags.topic);
  const source = flags.port === undefined ? 'mqtt' : sourceNameOf({ name: flags.port });
  const config = loadConfig(configPlace(flags));
  const { profiles, own, problems } = gatherProfiles(config.profiles, flags.profile);
  const note = (text: string) => process.stderr.write(`note: ${printable(text)}\n`);
  for (const problem of problems) note(`this profile is left out: ${problem}`);
  const payload = await readPayload(
    { argument, file: flags.file, isHex: flags.hex === true },
    process.stdin,
  );
  const ports = decodePorts(config.serial, profiles).options;
  // A profile to try is for the port that is named.
  const profileByPort = new Map(ports.profileByPort);
  if (own !== null) profileByPort.set(source, own);
  const decoder = createDecoder({
    profiles,
    ...ports,
    profileByPort,
    maxClockSkewUs: config.maxClockSkewMs * 1000,
  });
  const { decoded, lines } = explainMessage(decoder, {
    source,
    topic,
    payload,
    receivedAtUs: systemClock(),
    isRetained: flags.retained === true,
    isRedelivered: false,
  });
  if (own !== null && decoded.profile !== own) {
    note(
      `${own} of ${flags.profile} was not used: its topics do not match, or those of another profile match more closely`,
    );
  }
  if (flags.json === true) {
    const { decodedJson } = await import('./decode/decoded-json.ts');
    process.stdout.write(`${decodedJson(decoded)}\n`);
  } else {
    process.stdout.write(lines.map((line) => `${printable(line)}\n`).join(''));
  }
}

export function registerDecode(program: Command): void {
  program
    .command('decode')
    .description('show what the profiles make of a payload')
    .argument('[payload]', 'the payload; - reads it from standard input')
    .option('-t, --topic <topic>', 'the MQTT topic it came on')
    .addOption(
      new Option('--port <name>', 'or the serial port, by its name in the config').conflicts(
        'topic',
      ),
    )
    .option('-p, --profile <file>', 'a profile to try, before those that the gateway has')
    .addOption(configOption())
    .addOption(new Option('--hex', 'the payload is hexadecimal digits').conflicts('file'))
    .option('--file <file>', 'read the payload from a file')
    .option('--retained', 'as if it came with the retain flag')
    .option('--json', 'as one line of JSON')
    .addHelpText(
      'after',
      `
Examples:
  millpond decode -t tele/boiler/SENSOR '{"DS18B20":{"Temperature":-127},"TempUnit":"C"}'
  millpond decode -t home/attic/temperature 70.7°F
  millpond decode --port shed -p shed.yaml 'T: 21.5 C'
  mosquitto_sub -C 1 -t barn/node1 | millpond decode -t barn/node1 -p barn.yaml -

It tells the profile, the readings in the units that the log keeps, what was left out and why, and
why a message would become a dead letter. It needs no running gateway and stores nothing.`,
    )
    .action(decode);
}
