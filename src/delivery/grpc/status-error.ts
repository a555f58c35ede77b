// A MillpondError as a gRPC status: the canonical code, the message, and a google.rpc.ErrorInfo
// whose `reason` is the stable code (google/rpc/error_details.proto), in `grpc-status-details-bin`.

import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { asMillpondError } from '../../core/errors.ts';

const DOMAIN = 'millpond';
const ERROR_INFO_TYPE = 'type.googleapis.com/google.rpc.ErrorInfo';

export function toServiceError(thrown: unknown): ServiceError {
  const error = asMillpondError(thrown);
  const code = status[error.status];
  const details = `${error.message} ${error.remedy}`;
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', encodeStatus(code, details, error.code));
  return Object.assign(new Error(details), { code, details, metadata });
}

/** google.rpc.Status { code = 1, message = 2, details = 3: [Any { type_url = 1, value = 2 }] }. */
function encodeStatus(code: number, message: string, reason: string): Buffer {
  // ErrorInfo { reason = 1, domain = 2 }.
  const info = new BinaryWriter().uint32(10).string(reason).uint32(18).string(DOMAIN).finish();
  const any = new BinaryWriter().uint32(10).string(ERROR_INFO_TYPE).uint32(18).bytes(info).finish();
  const encoded = new BinaryWriter()
    .uint32(8)
    .int32(code)
    .uint32(18)
    .string(message)
    .uint32(26)
    .bytes(any)
    .finish();
  return Buffer.from(encoded);
}
