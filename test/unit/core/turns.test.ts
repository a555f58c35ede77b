// Whose turn it is, who waits, who is told to come again.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Turns } from '../../../src/core/turns.ts';

const never = new AbortController().signal;

function makeTurns(concurrentMax: number, waitingMax: number): Turns {
  const busy = (running: number, waiting: number) => new Error(`${running}, ${waiting}`);
  return new Turns({ concurrentMax, waitingMax, busy });
}

test('those who wait have their turns in the order in which they came', async () => {
  const turns = makeTurns(1, 3);
  const order: number[] = [];
  await turns.take(never);
  const taken = [1, 2, 3].map((number) => turns.take(never).then(() => order.push(number)));
  await expect(turns.take(never)).rejects.toThrow('1, 3');
  for (const each of taken) {
    turns.pass();
    await each;
  }
  expect(order).toEqual([1, 2, 3]);
  turns.pass();
  expect([turns.running, turns.waiting]).toEqual([0, 0]);
});

test('who gives up gets no turn, and nobody loses one', async () => {
  const turns = makeTurns(1, 2);
  const impatient = new AbortController();
  await turns.take(never);
  const [first, second] = [turns.take(impatient.signal), turns.take(never)];
  impatient.abort(new Error('gone'));
  await expect(first).rejects.toThrow('gone');
  await expect(turns.take(impatient.signal)).rejects.toThrow('gone');
  turns.pass();
  await second;
  expect([turns.running, turns.waiting]).toEqual([1, 0]);
});

test('whatever happens, no more are at it than may be, and none too few', async () => {
  const act = fc.oneof(
    fc.constant('take' as const),
    fc.constant('pass' as const),
    fc.record({ giveUp: fc.nat(5) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(act), fc.integer({ min: 1, max: 3 }), async (acts, most) => {
      const turns = makeTurns(most, 3);
      const waiting: AbortController[] = [];
      let working = 0;
      for (const each of acts) {
        if (each === 'take') {
          const controller = new AbortController();
          waiting.push(controller);
          turns.take(controller.signal).then(
            () => {
              working += 1;
              waiting.splice(waiting.indexOf(controller), 1);
            },
            () => waiting.splice(waiting.indexOf(controller), 1),
          );
        } else if (each === 'pass') {
          if (working > 0) turns.pass();
          working = Math.max(0, working - 1);
        } else {
          waiting[each.giveUp]?.abort();
        }
        await new Promise(setImmediate);
        expect([turns.running, turns.waiting]).toEqual([working, waiting.length]);
        expect(working).toBeLessThanOrEqual(most);
        if (working < most) expect(waiting).toEqual([]);
      }
    }),
  );
});
