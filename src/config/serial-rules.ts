// What must hold between the options of a serial port, and between the ports of the list.

import { checksumWidth } from '../core/checksum.ts';
import type { Contradiction } from './problem.ts';
import type { ConfigOptions } from './schema.ts';
import { isBit, portName } from './serial-config.ts';
import type { SerialOptions } from './serial-schema.ts';

type Finding = Omit<Contradiction, 'isOpen'>;

function findRepeated(ports: readonly SerialOptions[]): Finding[] {
  const isFirst = (index: number, same: (port: SerialOptions) => boolean) =>
    ports.findIndex(same) === index;
  return ports.flatMap((port, index): Finding[] => {
    const name = portName(port);
    if (!isFirst(index, (other) => portName(other) === name)) {
      const message = `is ${name}, as is that of an entry above it`;
      return [{ path: ['serial', index, 'name'], message, remedy: 'give each its own name' }];
    }
    if (isFirst(index, (other) => other.path === port.path)) return [];
    const message = `is ${port.path}, as is that of an entry above it`;
    const remedy = 'a port can be read once; take one of the entries out';
    return [{ path: ['serial', index, 'path'], message, remedy }];
  });
}

/** What a framing cannot do without. */
function findMissing(port: SerialOptions, index: number): Finding[] {
  const { framing, frame, slaves, path } = port;
  const missing = (names: string[], message: string, remedy: string): Finding[] => [
    { path: ['serial', index, ...names], message, remedy },
  ];
  if (framing === 'delimiter' && frame.delimiter === '') {
    return missing(['frame', 'delimiter'], 'is empty', 'say which bytes end a frame, as "0D0A"');
  }
  if (framing === 'fixed' && frame.length <= trailerBytes(port) + frame.start.length / 2) {
    const message = `is ${frame.length} bytes, which start and checksum take up already`;
    return missing(['frame', 'length'], message, 'set it to the length of a whole frame');
  }
  if (framing === 'modbus-rtu' && slaves.length === 0) {
    return missing(['slaves'], 'is empty', 'say which slaves to poll, and which registers');
  }
  if (framing !== 'file' && path.includes('*')) {
    return missing(['path'], 'has a *', 'name one port; only framing: file takes many files');
  }
  if (!Number.isInteger(frame.lengthAdds)) {
    return missing(['frame', 'lengthAdds'], 'is no whole number', 'count in bytes');
  }
  return [];
}

function trailerBytes({ frame: { checksum } }: SerialOptions): number {
  return checksum === 'none' ? 0 : checksumWidth(checksum);
}

function findSlaveFaults({ slaves }: SerialOptions, index: number): Finding[] {
  return slaves.flatMap(({ slave, registers }, at): Finding[] => {
    const path = ['serial', index, 'slaves', at];
    const findings: Finding[] = [];
    if (slaves.findIndex((other) => other.slave === slave) !== at) {
      const message = `is ${slave}, as is that of an entry above it`;
      findings.push({ path: [...path, 'slave'], message, remedy: 'list its registers there' });
    }
    for (const [place, register] of registers.entries()) {
      const isOneBit = register.type === 'bit';
      if (!isOneBit || isBit(register.function)) continue;
      findings.push({
        path: [...path, 'registers', place, 'type'],
        message: 'is bit in a table of registers',
        remedy: 'say function: coil or discrete, or another type',
      });
    }
    return findings;
  });
}

export function findSerialFaults({ serial }: ConfigOptions): Contradiction[] {
  const findings = [
    ...findRepeated(serial),
    ...serial.flatMap(findMissing),
    ...serial.flatMap(findSlaveFaults),
  ];
  return findings.map((finding) => ({ ...finding, isOpen: false }));
}
