// What the serial source and the decoder must be told of a port: every number resolved, every limit
// finite. Plain data: it crosses to the log thread.

import type { ChecksumKind } from './checksum.ts';

export interface FrameChecksum {
  readonly kind: ChecksumKind;
  /** Of a sum of two bytes, the order in which they stand. */
  readonly order: 'little' | 'big';
}

interface Bounded {
  /** The longest frame. */
  readonly bytesMax: number;
  /** A silence of so long ends or resets a frame, where the framing heeds it; 0 for never. */
  readonly idleMs: number;
}

interface Summed {
  readonly checksum: FrameChecksum | null;
}

interface Marked {
  /** What every frame begins with; empty where there is nothing of the kind. */
  readonly start: Uint8Array;
}

export type SerialFraming = Bounded &
  (
    | { readonly kind: 'lines'; readonly ending: 'any' | 'cr' | 'lf' | 'crlf' }
    | ({ readonly kind: 'delimiter'; readonly delimiter: Uint8Array } & Summed)
    | ({ readonly kind: 'cobs' } & Summed)
    | ({ readonly kind: 'slip' } & Summed)
    | ({ readonly kind: 'fixed'; readonly length: number } & Summed & Marked)
    | ({
        readonly kind: 'length-prefixed';
        readonly lengthBytes: 1 | 2;
        readonly lengthOrder: 'little' | 'big';
        /** What the length field leaves out, or counts in addition, of what follows the header. */
        readonly lengthAdds: number;
      } & Summed &
        Marked)
    | { readonly kind: 'nmea'; readonly isChecksumRequired: boolean }
    | { readonly kind: 'dsmr' }
  );

export interface SerialLine {
  readonly baudRate: number;
  readonly dataBits: 5 | 6 | 7 | 8;
  readonly parity: 'none' | 'even' | 'odd';
  readonly stopBits: 1 | 2;
}

export type RegisterType = 'bit' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32';

export interface ModbusRegister {
  readonly function: 'holding' | 'input' | 'coil' | 'discrete';
  /** As in the telegram, from 0. */
  readonly address: number;
  readonly type: RegisterType;
  /** Of two registers, which one holds the upper half. */
  readonly wordOrder: 'big' | 'little';
  readonly metric: string;
  readonly unit: string;
  readonly channel: string;
  readonly scale: number;
  readonly offset: number;
}

export interface ModbusSlave {
  readonly slave: number;
  readonly device: string;
  readonly registers: readonly ModbusRegister[];
}

export interface ModbusMaster {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly slaves: readonly ModbusSlave[];
}

interface Named {
  /** The readings' source is `serial:<name>`, their topic and, by itself, their device the name. */
  readonly name: string;
  /** A port, or for files one with * in its parts. */
  readonly path: string;
  /** The profile's name; empty for none. */
  readonly profile: string;
}

export type SerialPortConfig = Named &
  (
    | { readonly kind: 'frames'; readonly line: SerialLine; readonly framing: SerialFraming }
    | { readonly kind: 'modbus'; readonly line: SerialLine; readonly modbus: ModbusMaster }
    | { readonly kind: 'files'; readonly intervalMs: number }
  );

export function sourceNameOf({ name }: { readonly name: string }): string {
  return `serial:${name}`;
}

/** By table: the function that reads it (MODBUS Application Protocol 1.1b3, 6). */
export const functionCodes = { coil: 1, discrete: 2, holding: 3, input: 4 } as const;

/** How many registers, or bits, a value takes. */
export function registerWidth(type: RegisterType): number {
  return type === 'uint32' || type === 'int32' || type === 'float32' ? 2 : 1;
}

/** What was asked stands in the topic: an answer holds its registers, but not which ones they are. */
export function modbusTopic(
  name: string,
  request: {
    readonly slave: number;
    readonly functionCode: number;
    readonly address: number;
    readonly count: number;
  },
): string {
  const { slave, functionCode, address, count } = request;
  return `${name}/${slave}/${functionCode}/${address}/${count}`;
}
