// Long work in slices: others have their turn between, and work without end is refused.
import { expect, test } from 'vitest';
import { Slices } from '../../../src/log/slices.ts';

function clockOf(msPerStep: number) {
  let nowMs = 0;
  return { slices: new Slices(() => nowMs), work: () => (nowMs += msPerStep) };
}

async function turnsBetween(steps: number, msPerStep: number): Promise<number> {
  const { slices, work } = clockOf(msPerStep);
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    if (isDone) return;
    turns += 1;
    setImmediate(count);
  };
  setImmediate(count);
  for (let step = 0; step < steps; step++) {
    work();
    await slices.step();
  }
  isDone = true;
  return turns;
}

test('others have their turn after each slice of five milliseconds', async () => {
  expect(await turnsBetween(100, 0.01)).toBe(0);
  expect(await turnsBetween(100, 1)).toBeGreaterThanOrEqual(19);
});

test('work of more than a second is refused', async () => {
  await expect(turnsBetween(100, 9)).resolves.toBeDefined();
  await expect(turnsBetween(100, 11)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
});
