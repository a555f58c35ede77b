// The table of errors: what every row must have, and what becomes of any thrown value.
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import {
  asMillpondError,
  type ErrorCode,
  errorTable,
  MillpondError,
} from '../../../src/core/errors.ts';

const codes = Object.keys(errorTable) as ErrorCode[];

describe('each error of the table', () => {
  test.each(codes)('%s has a form to rely on', (code) => {
    const { status: statusName, remedy } = errorTable[code];
    // google.rpc.ErrorInfo: a reason is at most 63 characters of upper snake case.
    expect(code).toMatch(/^[A-Z][A-Z0-9_]{1,61}[A-Z0-9]$/);
    expect(status[statusName]).toBeTypeOf('number');
    expect(remedy).toMatch(/^[A-Z].{8,}[.]$/);
  });

  test('a failure that may pass by itself is one that a client retries', () => {
    const retried = codes.filter((code) => errorTable[code].status === 'UNAVAILABLE');
    expect(retried.length).toBeGreaterThan(0);
    expect(retried.filter((code) => !errorTable[code].canRetry)).toEqual([]);
  });
});

test('an error gives its row of the table', () => {
  const error = new MillpondError('COMMIT_BEHIND', 'behind');
  expect(error).toMatchObject({
    name: 'MillpondError',
    message: 'behind',
    code: 'COMMIT_BEHIND',
    status: 'FAILED_PRECONDITION',
    canRetry: false,
    remedy: errorTable.COMMIT_BEHIND.remedy,
  });
});

describe('a thrown value', () => {
  test('that is a MillpondError already stays itself', () => {
    const error = new MillpondError('USAGE', 'no');
    expect(asMillpondError(error, 'LOG_CORRUPT')).toBe(error);
  });

  test('becomes one with the code asked for, and is its cause', () => {
    const cause = new Error('torn');
    const error = asMillpondError(cause, 'LOG_CORRUPT');
    expect(error).toMatchObject({ code: 'LOG_CORRUPT', message: 'torn', cause });
  });

  test('is INTERNAL by default, whatever it is', () => {
    expect(asMillpondError('text')).toMatchObject({ code: 'INTERNAL', message: 'text' });
    expect(asMillpondError(undefined)).toMatchObject({ code: 'INTERNAL', message: 'undefined' });
  });
});
