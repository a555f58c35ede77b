// From the options of a port to what the serial source and the decoder are told.

import type {
  ModbusMaster,
  SerialFraming,
  SerialLine,
  SerialPortConfig,
} from '../core/serial-config.ts';
import type { SerialOptions } from './serial-schema.ts';

/** Where only silence tells frames apart, there must be one. */
const IDLE_MS_OF_UNMARKED = 1000;

/** The last part of the path, of characters that a name may have. */
export function portName({ name, path }: Pick<SerialOptions, 'name' | 'path'>): string {
  if (name !== '') return name;
  const last = path.split('/').findLast((part) => part !== '') ?? '';
  const clean = last.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return clean.slice(0, 96) || 'port';
}

export function serialConfig(options: SerialOptions): SerialPortConfig {
  const named = { name: portName(options), path: options.path, profile: options.profile };
  const { framing } = options;
  if (framing === 'file') return { ...named, kind: 'files', intervalMs: options.interval };
  const line = lineOf(options);
  if (framing === 'modbus-rtu') {
    return { ...named, kind: 'modbus', line, modbus: masterOf(options, named.name) };
  }
  return { ...named, kind: 'frames', line, framing: framingOf(framing, options.frame) };
}

function lineOf({ baudRate, dataBits, parity, stopBits }: SerialOptions): SerialLine {
  return {
    baudRate,
    dataBits: dataBits as SerialLine['dataBits'],
    parity,
    stopBits: stopBits as SerialLine['stopBits'],
  };
}

function masterOf({ interval, timeout, slaves }: SerialOptions, name: string): ModbusMaster {
  return {
    intervalMs: interval,
    timeoutMs: timeout,
    slaves: slaves.map(({ slave, device, registers }) => ({
      slave,
      device: device || `${name}:${slave}`,
      registers: registers.map((register) => ({
        ...register,
        type: isBit(register.function) ? 'bit' : register.type,
      })),
    })),
  };
}

export function isBit(table: string): boolean {
  return table === 'coil' || table === 'discrete';
}

function framingOf(kind: SerialFraming['kind'], frame: SerialOptions['frame']): SerialFraming {
  const { bytesMax, idle, length } = frame;
  const bounded = { bytesMax, idleMs: idle };
  const checksum =
    frame.checksum === 'none' ? null : { kind: frame.checksum, order: frame.checksumOrder };
  const start = Buffer.from(frame.start, 'hex');
  const sized = { ...bounded, idleMs: idle || IDLE_MS_OF_UNMARKED, start, checksum };
  switch (kind) {
    case 'lines':
      return { ...bounded, kind, ending: frame.ending };
    case 'nmea':
      return { ...bounded, kind, isChecksumRequired: true };
    case 'dsmr':
      return { ...bounded, kind };
    case 'delimiter':
      return { ...bounded, kind, checksum, delimiter: Buffer.from(frame.delimiter, 'hex') };
    case 'cobs':
    case 'slip':
      return { ...bounded, kind, checksum };
    case 'fixed':
      return { ...sized, kind, length, bytesMax: Math.max(bytesMax, length) };
    case 'length-prefixed':
      return {
        ...sized,
        kind,
        lengthBytes: frame.lengthBytes as 1 | 2,
        lengthOrder: frame.lengthOrder,
        lengthAdds: frame.lengthAdds,
      };
  }
}
