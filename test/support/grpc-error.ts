// Reads the details of a gRPC error as any client could: protobuf's wire format, by hand.
import type { ServiceError } from '@grpc/grpc-js';

interface WireField {
  readonly field: number;
  /** Of a varint. */
  readonly number: number;
  /** Of a length-delimited field. */
  readonly bytes: Buffer;
}

/** Varints and length-delimited fields in order; anything else fails. */
export function fieldsOf(message: Buffer): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const field = tag >>> 3;
    const value = varint();
    if ((tag & 7) === 0) {
      fields.push({ field, number: value, bytes: Buffer.alloc(0) });
    } else if ((tag & 7) === 2) {
      fields.push({ field, number: 0, bytes: message.subarray(at, at + value) });
      at += value;
    } else {
      throw new Error(`wire type ${tag & 7}`);
    }
  }
  return fields;
}

function textOf(message: Buffer, number: number): string {
  return (
    fieldsOf(message)
      .find(({ field }) => field === number)
      ?.bytes.toString() ?? ''
  );
}

export interface ErrorInfo {
  readonly code: number;
  readonly message: string;
  readonly type: string;
  readonly reason: string;
  readonly domain: string;
}

/** google.rpc.Status { code 1, message 2, details 3: Any { type 1, value 2: ErrorInfo } }. */
export function errorInfoOf(error: ServiceError): ErrorInfo {
  const [details] = error.metadata.get('grpc-status-details-bin');
  const status = details as Buffer;
  const fields = fieldsOf(status);
  const any = fields.find(({ field }) => field === 3)?.bytes ?? Buffer.alloc(0);
  const info = fieldsOf(any).find(({ field }) => field === 2)?.bytes ?? Buffer.alloc(0);
  return {
    code: fields.find(({ field }) => field === 1)?.number ?? 0,
    message: textOf(status, 2),
    type: textOf(any, 1),
    reason: textOf(info, 1),
    domain: textOf(info, 2),
  };
}
