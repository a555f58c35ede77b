// Progress of long work: a bar in place on a terminal, lines elsewhere.
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bytesText, countText } from '../../../../src/cli/amount-text.ts';
import type { OutputStream } from '../../../../src/cli/terminal/look.ts';
import { Progress, type ProgressOptions } from '../../../../src/cli/terminal/progress.ts';
import { Screen } from '../../../support/screen.ts';

let nowUs = 0;
let progress: Progress | null = null;

beforeEach(() => {
  vi.stubEnv('LC_ALL', 'C');
});

afterEach(() => {
  progress?.end();
  vi.unstubAllEnvs();
});

function start(columns: number | null, options: Partial<ProgressOptions> = {}) {
  nowUs = 1_000_000;
  const stream: OutputStream = new PassThrough();
  if (columns !== null) Object.assign(stream, { isTTY: true, columns });
  progress = new Progress({
    ...{ title: 'copying', amountText: bytesText, total: 1_048_576, hasLines: true },
    ...{ stream, clock: () => nowUs },
    ...options,
  });
  return { progress, told: () => String((stream as PassThrough).read() ?? '') };
}

function after(seconds: number, act: () => void): void {
  nowUs += seconds * 1_000_000;
  act();
}

test('a terminal gets a bar with amount, rate and time left, always in the same line', () => {
  const { progress: bar, told } = start(100);
  const screen = new Screen(100, 5);
  after(0.4, () => bar.add(1024));
  expect(told()).toBe('');
  after(0.6, () => bar.add(261_120));
  const first = told();
  screen.write(first);
  expect(screen.lines).toEqual([
    'copying  ######------------------  25 %, 256.0 KiB of 1.0 MiB, 256.0 KiB/s, 3 s left',
  ]);
  after(0.1, () => bar.add(1));
  expect(told()).toBe('');
  after(0.2, () => bar.add(1));
  screen.write(told());
  expect(screen.lines).toHaveLength(1);
  bar.end();
  screen.write(`${told()}next`);
  expect(screen.lines).toEqual(['next']);
});

test('no line is as wide as the terminal', () => {
  const { progress: bar, told } = start(50);
  after(1, () => bar.add(500_000));
  const screen = new Screen(50, 5);
  screen.write(told());
  expect(screen.lines).toHaveLength(1);
  expect(screen.lines[0]).toMatch(/^copying {2}#+-+ {2}.*…$/);
  expect(screen.lines[0]!.length).toBeLessThan(50);
});

test('elsewhere a line comes every five seconds, and nothing else', () => {
  const { progress: bar, told } = start(null);
  after(4.9, () => bar.add(1));
  expect(told()).toBe('');
  after(0.2, () => bar.add(524_287));
  expect(told()).toMatch(/^copying: 50 %, 512\.0 KiB of 1\.0 MiB, [\d.]+ KiB\/s, 5 s left\n$/);
  after(1, () => bar.add(524_288));
  bar.end();
  expect(told()).toBe('');
});

test('or no line at all, where it would disturb', () => {
  const { progress: bar, told } = start(null, { hasLines: false });
  after(60, () => bar.add(1));
  bar.end();
  expect(told()).toBe('');
});

test('without a total it says what is done and for how long', () => {
  const options = { title: 'query', amountText: (rows: number) => `${countText(rows)} rows` };
  const { progress: bar, told } = start(80, { ...options, total: null });
  after(2, () => bar.add(0));
  const screen = new Screen(80, 5);
  screen.write(told());
  expect(screen.lines).toEqual(['query  2 s so far']);
  after(2, () => bar.add(8000));
  screen.write(told());
  expect(screen.text).toMatch(/^query {2}8,000 rows, [\d.,]+ rows\/s, 4 s so far$/);
});
