// A message is decoded and appended; one that a fault stops is a dead letter.
import { describe, expect, test } from 'vitest';
import type { Decoded } from '../../../src/core/contracts.ts';
import type { RawMessage } from '../../../src/core/raw-message.ts';
import { storeMessage } from '../../../src/log/store-message.ts';

const message: RawMessage = {
  source: 'mqtt',
  topic: 'home/attic/temperature',
  payload: Buffer.from('21.5'),
  receivedAtUs: 1,
  isRetained: false,
  isRedelivered: false,
};
const understood: Decoded = { profile: 'p', readings: [], dropped: ['sentinel'], deadLetter: null };

/** What was appended and what was counted, with parts that throw as often as they are told. */
function store(faults: { decode?: number; append?: number }) {
  const appended: Decoded[] = [];
  const counted: Decoded[] = [];
  let decodeFaults = faults.decode ?? 0;
  let appendFaults = faults.append ?? 0;
  const run = () =>
    storeMessage(message, {
      decoder: {
        decode() {
          if (decodeFaults-- > 0) throw new TypeError(`no such field ${'x'.repeat(1000)}`);
          return understood;
        },
      },
      log: {
        append(_message, decoded) {
          if (appendFaults-- > 0) throw new RangeError('Array buffer allocation failed');
          appended.push(decoded);
        },
      },
      decoded: (decoded) => counted.push(decoded),
    });
  return { run, appended, counted };
}

test('a message that is understood is appended and counted', () => {
  const { run, appended, counted } = store({});
  run();
  expect(appended).toEqual([understood]);
  expect(counted).toEqual([understood]);
});

describe('a fault', () => {
  test.each([
    ['of the decoder', { decode: 1 }, 'TypeError: no such field'],
    ['of the append', { append: 1 }, 'RangeError: Array buffer allocation failed'],
  ])('%s makes the message a dead letter that says so', (_where, faults, detail) => {
    const { run, appended, counted } = store(faults);
    run();
    expect(appended).toHaveLength(1);
    expect(appended).toMatchObject([
      { readings: [], deadLetter: { reason: 'decoder_fault', detail: expect.any(String) } },
    ]);
    expect(appended[0]?.deadLetter?.detail).toContain(detail);
    expect(appended[0]?.deadLetter?.detail.length).toBeLessThanOrEqual(200);
    expect(counted).toEqual(appended);
  });

  test('that leaves no dead letter either is told', () => {
    const { run, counted } = store({ append: 2 });
    expect(run).toThrow('Array buffer allocation failed');
    expect(counted).toEqual([]);
  });
});
