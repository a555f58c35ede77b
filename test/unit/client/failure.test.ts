// What a gRPC status becomes at the client: the gateway's own error, or why it was not reached.
import { Metadata, status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readErrorReason } from '../../../src/client/error-detail.ts';
import { explainFailure } from '../../../src/client/failure.ts';
import { type ErrorCode, errorTable, MillpondError } from '../../../src/core/errors.ts';
import { toServiceError } from '../../../src/delivery/grpc/status-error.ts';

const address = '127.0.0.1:50051';

test('every error of the table comes back as it was sent', () => {
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    const sent = new MillpondError(code, 'What happened, to what.');
    const got = explainFailure(toServiceError(sent), address);
    expect({ code: got.code, message: got.message }).toEqual({ code, message: sent.message });
  }
});

test.each([
  [
    'No connection established. Last error: connect ECONNREFUSED 127.0.0.1:1',
    'nobody listens there',
  ],
  ['Name resolution failed for target dns:nowhere:1', 'no such host'],
  ['read ECONNRESET', 'the connection was lost'],
  ['something new', 'something new'],
])('without a code it is an unreachable gateway: %s', (details, why) => {
  const error = explainFailure(
    { code: status.UNAVAILABLE, details, metadata: new Metadata() },
    address,
  );
  expect(error.code).toBe('GATEWAY_UNREACHABLE');
  expect(error.message).toBe(`cannot reach the gateway at ${address}: ${why}`);
});

test('something else that speaks gRPC is no gateway', () => {
  const failure = { code: status.UNIMPLEMENTED, details: 'unknown', metadata: new Metadata() };
  expect(explainFailure(failure, address).message).toContain('but not as a Millpond gateway');
});

test('details that are cut short or rubbish give no reason and no exception', () => {
  const sent = toServiceError(new MillpondError('STREAM_UNKNOWN', 'x'));
  const [bytes] = sent.metadata.get('grpc-status-details-bin') as Buffer[];
  expect(readErrorReason(bytes!)).toBe('STREAM_UNKNOWN');
  for (let length = 0; length < bytes!.length; length += 1) {
    expect(readErrorReason(bytes!.subarray(0, length))).toBeNull();
  }
  fc.assert(fc.property(fc.uint8Array(), (rubbish) => void readErrorReason(rubbish)));
});
