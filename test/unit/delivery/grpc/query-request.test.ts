// A QueryRequest in the gateway's own terms.
import { expect, test } from 'vitest';
import { checkQuery } from '../../../../src/delivery/grpc/query-call.ts';
import { queryRequest } from '../../../support/query.ts';

test('no limit is none, and a parameter without a value is null', () => {
  const parameters = [
    { name: 'a', value: { value: { $case: 'integer' as const, value: 5n } } },
    { name: '', value: { value: undefined } },
    { name: '', value: undefined },
  ];
  expect(checkQuery(queryRequest('select 1', { parameters, timeLimitMs: 7, maxRows: 3n }))).toEqual(
    {
      sql: 'select 1',
      parameters: [
        { name: 'a', value: { kind: 'integer', value: 5n } },
        { name: '', value: null },
        { name: '', value: null },
      ],
      format: 'rows',
      timeLimitMs: 7,
      rowsMax: 3,
      bytesMax: Number.POSITIVE_INFINITY,
    },
  );
});

test('too many parameters are refused', () => {
  const parameters = Array.from({ length: 1001 }, () => ({ name: '', value: undefined }));
  expect(() => checkQuery(queryRequest('select 1', { parameters }))).toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID' }),
  );
});
