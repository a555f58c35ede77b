// What a member may ask, and what ends its call before the group hears of it.
import { describe, expect, test } from 'vitest';
import { MillpondError } from '../../../../src/core/errors.ts';
import { checkAsk, checkStart } from '../../../../src/delivery/grpc/consume-request.ts';
import type {
  ConsumeRequest,
  ConsumeStart,
} from '../../../../src/generated/millpond/v1/consume.ts';
import {
  ackRequest,
  creditRequest,
  extendRequest,
  nackRequest,
  startRequest,
} from '../../../support/member-requests.ts';

const defaults = { ackDeadlineMs: 30_000, deliveriesMax: 10 };
const DAY_MS = 86_400_000;

function start(fields: Partial<ConsumeStart> = {}) {
  const { action } = startRequest(fields);
  return checkStart(action?.value as ConsumeStart, defaults);
}

function faultOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(MillpondError);
    expect((error as MillpondError).code).toBe('REQUEST_INVALID');
    return (error as MillpondError).message;
  }
  throw new Error('nothing was wrong');
}

describe('start', () => {
  test('leaves to the gateway what it does not say', () => {
    expect(start({ stream: 's', group: 'g', member: 'worker 1', credits: 7 })).toEqual({
      join: {
        stream: 's',
        group: 'g',
        name: 'worker 1',
        start: { kind: 'earliest' },
        settings: { ...defaults, devices: [], metrics: [] },
      },
      credits: 7,
    });
  });

  test('carries place, filter, deadline and limit, and 0 deliveries are no limit', () => {
    const { join } = start({
      start: { $case: 'offset', value: 12n },
      devices: ['a*'],
      metrics: ['t?'],
      ackDeadlineMs: 100,
      limit: { $case: 'deliveriesMax', value: 0 },
    });
    expect(join.start).toEqual({ kind: 'offset', offset: 12 });
    expect(join.settings).toEqual({
      devices: ['a*'],
      metrics: ['t?'],
      ackDeadlineMs: 100,
      deliveriesMax: 0,
    });
  });

  test.each<[string, Partial<ConsumeStart>, string]>([
    ['a name too long', { member: 'x'.repeat(129) }, 'start.member'],
    ['a name with a control', { member: 'a\u001b[2J' }, 'start.member'],
    ['credits below 0', { credits: -1 }, 'start.credits'],
    ['a deadline too short', { ackDeadlineMs: 99 }, 'start.ack_deadline_ms'],
    ['a deadline too long', { ackDeadlineMs: DAY_MS + 1 }, 'start.ack_deadline_ms'],
    ['an empty glob', { devices: [''] }, 'start.devices'],
    ['a glob too long', { metrics: ['x'.repeat(257)] }, 'start.metrics'],
    ['a time before 1970', { start: { $case: 'timeUs', value: -1n } }, 'time_us'],
  ])('refuses %s', (_name, fields, field) => {
    expect(faultOf(() => start(fields))).toContain(field);
  });
});

describe('asks', () => {
  test('become actions, in numbers', () => {
    expect(checkAsk(creditRequest(3), 0)).toEqual({ kind: 'credit', count: 3 });
    expect(checkAsk(ackRequest(1, [4, 2]), 0)).toEqual({ kind: 'ack', id: 1, offsets: [4, 2] });
    expect(checkAsk(extendRequest(9, []), 8)).toEqual({ kind: 'extend', id: 9, offsets: [] });
    expect(checkAsk(nackRequest(2, [4], { reason: 'no disk' }), 1)).toEqual({
      kind: 'nack',
      id: 2,
      offsets: [4],
      delayMs: null,
      reason: 'no disk',
    });
    expect(checkAsk(nackRequest(2, [4], { delayMs: 0 }), 1)).toMatchObject({ delayMs: 0 });
  });

  test('a reason that is too long is cut, and not within a character', () => {
    const reason = `${'x'.repeat(255)}😀😀`;
    expect(checkAsk(nackRequest(1, [1], { reason }), 0)).toMatchObject({
      reason: 'x'.repeat(255),
    });
  });

  test.each<[string, ConsumeRequest, string]>([
    ['nothing', { action: undefined }, 'action'],
    ['a second start', startRequest(), 'start'],
    ['a credit of 0', creditRequest(0), 'credit.count'],
    ['a negative credit', creditRequest(-5), 'credit.count'],
    ['an id that does not rise', ackRequest(5, [1]), 'ack.id'],
    ['an id beyond 2^53', ackRequest(2 ** 53, [1]), 'ack.id'],
    ['an ack of nothing', ackRequest(6, []), 'ack.offsets'],
    ['a nack of nothing', nackRequest(6, []), 'nack.offsets'],
    [
      'an ack of too many',
      ackRequest(
        6,
        Array.from({ length: 10_001 }, (_, i) => i),
      ),
      'ack.offsets',
    ],
    ['an offset beyond 2^53', ackRequest(6, [2 ** 53]), 'ack.offsets'],
    ['a delay of more than a day', nackRequest(6, [1], { delayMs: DAY_MS + 1 }), 'nack.delay_ms'],
  ])('refuses %s', (_name, request, field) => {
    expect(faultOf(() => checkAsk(request, 5))).toContain(field);
  });
});
