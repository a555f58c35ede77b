// The error on the wire, decoded by hand: google.rpc.Status with one google.rpc.ErrorInfo.
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, errorTable, MillpondError } from '../../../../src/core/errors.ts';
import { toServiceError } from '../../../../src/delivery/grpc/status-error.ts';
import { errorInfoOf, fieldsOf } from '../../../support/grpc-error.ts';

describe('each error of the table', () => {
  test.each(Object.keys(errorTable) as ErrorCode[])('%s crosses with its reason', (code) => {
    const error = toServiceError(new MillpondError(code, 'What happened: ünïcode 😀.'));
    expect(error.code).toBe(status[errorTable[code].status]);
    expect(error.details).toBe(`What happened: ünïcode 😀. ${errorTable[code].remedy}`);
    expect(errorInfoOf(error)).toEqual({
      code: error.code,
      message: error.details,
      type: 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: code,
      domain: 'millpond',
    });
  });
});

test('what is no MillpondError crosses as INTERNAL', () => {
  const error = toServiceError(new TypeError('x is undefined'));
  expect(error.code).toBe(status.INTERNAL);
  expect(errorInfoOf(error)).toMatchObject({ reason: 'INTERNAL' });
});

test('the details have one ErrorInfo and nothing else', () => {
  const error = toServiceError(new MillpondError('USAGE', 'no'));
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  expect(fieldsOf(bytes as Buffer).map(({ field }) => field)).toEqual([1, 2, 3]);
});
