// What the decoder is told of the serial ports in the config: whose messages are read by which profile.

import type { SerialPortConfig } from '../core/serial-config.ts';
import { sourceNameOf } from '../core/serial-config.ts';
import type { Profile } from './compile-profile.ts';
import type { DecoderOptions } from './decoder.ts';
import { modbusRules } from './modbus-rules.ts';

/** `problems` are for whoever wrote the config; a port with one is read as if it named no profile. */
export function decodePorts(
  ports: readonly SerialPortConfig[],
  profiles: readonly Profile[],
): {
  readonly options: Pick<DecoderOptions, 'profileByPort' | 'rulesByPortTopic'>;
  readonly problems: readonly string[];
} {
  const { rules, problems: modbusProblems } = modbusRules(ports);
  const named = ports.filter(({ profile }) => profile !== '');
  const problems = named.flatMap(({ name, profile: wanted }) => {
    const profile = profiles.find((each) => each.name === wanted);
    if (profile === undefined) return `serial ${name}: there is no profile ${wanted}`;
    if (profile.portRule !== null) return [];
    return `serial ${name}: the profile ${wanted} is for topics and not for a port`;
  });
  return {
    options: {
      profileByPort: new Map(named.map((port) => [sourceNameOf(port), port.profile])),
      rulesByPortTopic: rules,
    },
    problems: [...problems, ...modbusProblems],
  };
}
