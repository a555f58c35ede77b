// The payload that `decode` looks at: from the command line, a file or standard input, as bytes.

import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { MillpondError } from '../../core/errors.ts';

/** As much as mqtt.packetBytesMax can be set to. */
const bytesMax = 16 * 1024 * 1024;

export interface PayloadPlace {
  /** `-` is standard input. */
  readonly argument: string | undefined;
  readonly file: string | undefined;
  /** The text is hexadecimal digits; blanks, colons and a leading 0x do not count. */
  readonly isHex: boolean;
}

/** Throws USAGE if there is not exactly one payload, or it cannot be read. */
export async function readPayload(
  { argument, file, isHex }: PayloadPlace,
  standardInput: Readable,
): Promise<Uint8Array> {
  if ((argument === undefined) === (file === undefined)) {
    const problem = argument === undefined ? 'there is no payload' : 'there are two payloads';
    throw new MillpondError('USAGE', `${problem}: write it on the command line, or name a --file`);
  }
  const bytes = await readBytes(argument, file, standardInput);
  return isHex ? parseHex(bytes.toString('latin1')) : bytes;
}

async function readBytes(
  argument: string | undefined,
  file: string | undefined,
  standardInput: Readable,
): Promise<Buffer> {
  if (file !== undefined) return collect(createReadStream(file), file);
  if (argument === '-') return collect(standardInput, 'standard input');
  return Buffer.from(argument ?? '');
}

async function collect(stream: Readable, name: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length > bytesMax) break;
    }
  } catch (cause) {
    throw new MillpondError('USAGE', `cannot read ${name}: ${systemReason(cause)}`, { cause });
  }
  if (length > bytesMax) {
    const limit = `${bytesMax / 1024 / 1024} MiB`;
    throw new MillpondError(
      'USAGE',
      `${name} has more than ${limit}, the largest MQTT packet taken`,
    );
  }
  return Buffer.concat(chunks);
}

/** A system's error without the path at its end, which the message has named already. */
export function systemReason(cause: unknown): string {
  return String((cause as Error).message).split(', ', 1)[0] ?? '';
}

/** Throws USAGE. */
export function parseHex(text: string): Uint8Array {
  const digits = text.trim().replace(/^0x/i, '').replace(/[\s:]/g, '');
  if (/^([0-9a-f]{2})*$/i.test(digits)) return Buffer.from(digits, 'hex');
  const why = digits.length % 2 === 1 && /^[0-9a-f]*$/i.test(digits);
  throw new MillpondError(
    'USAGE',
    why
      ? 'the payload has half a byte: an odd number of hexadecimal digits'
      : 'the payload is not hexadecimal',
  );
}
