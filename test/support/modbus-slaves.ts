// Modbus RTU slaves on the far end of a pty, written after the specification and not with the gateway's
// library: they answer reads out of tables, or misbehave as they are told.

import type { PtyPair } from './pty.ts';

/** Modbus over serial line 1.02, 6.2.2: the register begins full, the polynomial is 0xA001. */
export function crc16(bytes: Uint8Array): Buffer {
  let register = 0xffff;
  for (const byte of bytes) {
    register ^= byte;
    for (let shift = 0; shift < 8; shift += 1) {
      const carry = register & 1;
      register >>= 1;
      if (carry === 1) register ^= 0xa001;
    }
  }
  return Buffer.from([register & 0xff, register >> 8]);
}

export function framed(...body: number[]): Buffer {
  return Buffer.concat([Buffer.from(body), crc16(Buffer.from(body))]);
}

export interface Request {
  readonly slave: number;
  readonly functionCode: number;
  readonly address: number;
  readonly count: number;
  readonly bytes: Buffer;
}

/** What goes onto the line in answer; null for nothing. */
export type Answer = (request: Request) => Uint8Array | null;

const REQUEST_BYTES = 8;

export class ModbusSlaves {
  readonly requests: Request[] = [];
  answer: Answer;
  #received = Buffer.alloc(0);

  constructor(pair: PtyPair, answer: Answer) {
    this.answer = answer;
    pair.receive().on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk as Buffer]);
      while (this.#received.length >= REQUEST_BYTES) {
        const bytes = this.#received.subarray(0, REQUEST_BYTES);
        this.#received = this.#received.subarray(REQUEST_BYTES);
        if (!crc16(bytes.subarray(0, 6)).equals(bytes.subarray(6))) {
          throw new Error(`a request with a wrong CRC: ${bytes.toString('hex')}`);
        }
        const request: Request = {
          slave: bytes.readUInt8(0),
          functionCode: bytes.readUInt8(1),
          address: bytes.readUInt16BE(2),
          count: bytes.readUInt16BE(4),
          bytes,
        };
        this.requests.push(request);
        const answer = this.answer(request);
        if (answer !== null) void pair.write(answer);
      }
    });
  }
}

/** Registers by address, each 0 to 0xFFFF; an address without one is an exception 2. */
export function registersAnswer(tables: Record<number, Record<number, number>>): Answer {
  return ({ slave, functionCode, address, count }) => {
    const table = tables[slave];
    if (table === undefined) return null;
    const words = Array.from({ length: count }, (_, index) => table[address + index]);
    if (words.includes(undefined)) return framed(slave, functionCode | 0x80, 2);
    const bytes = words.flatMap((word) => [(word as number) >> 8, (word as number) & 0xff]);
    return framed(slave, functionCode, bytes.length, ...bytes);
  };
}
