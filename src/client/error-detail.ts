// The stable code of an error out of `grpc-status-details-bin`: google.rpc.Status holds the details as
// Any messages, and the one of type google.rpc.ErrorInfo has the code as its `reason`.

const lengthDelimited = 2;
const errorInfoType = 'google.rpc.ErrorInfo';

/** The length-delimited fields with this number. What is cut short or malformed gives none. */
function fieldsOf(bytes: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return Number.POSITIVE_INFINITY;
  };
  while (at < bytes.length) {
    const tag = readVarint();
    const kind = tag % 8;
    if (kind === 0) {
      readVarint();
      continue;
    }
    if (kind !== lengthDelimited) return found;
    const end = readVarint() + at;
    if (!(end <= bytes.length)) return found;
    if (Math.floor(tag / 8) === wanted) found.push(bytes.subarray(at, end));
    at = end;
  }
  return found;
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
}

/** Null where there is no ErrorInfo. Never throws: the bytes come from outside. */
export function readErrorReason(status: Uint8Array): string | null {
  // Status { details = 3 }, Any { type_url = 1, value = 2 }, ErrorInfo { reason = 1 }.
  for (const any of fieldsOf(status, 3)) {
    const type = textOf(fieldsOf(any, 1)[0]);
    if (!type.endsWith(`/${errorInfoType}`)) continue;
    const info = fieldsOf(any, 2)[0];
    const reason = info === undefined ? '' : textOf(fieldsOf(info, 1)[0]);
    if (reason !== '') return reason;
  }
  return null;
}
