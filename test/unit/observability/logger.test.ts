// The diagnostic lines: their form, what they hide, how often a warning comes.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from '../../../src/observability/logger.ts';
import { rateLimited } from '../../../src/observability/rate-limited.ts';

function capture(format: 'json' | 'pretty' = 'json') {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const logger = createLogger({ level: 'info', format }, { write });
  return { logger, lines, parsed: () => lines.map((line) => JSON.parse(line)) };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('writes one line of JSON with level, time and message', () => {
  const { logger, lines } = capture();
  logger.info({ port: 1 }, 'a\u001b\nb');
  logger.debug('not at this level');
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  expect(JSON.parse(lines[0]!)).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    port: 1,
    msg: 'a\u001b\nb',
  });
});

test('writes lines for people when told to', () => {
  const { logger, lines } = capture('pretty');
  logger.warn({ port: 1 }, 'careful');
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}careful port=1\n$/);
});

test('hides what is secret, at the top and below', () => {
  const { logger, lines } = capture();
  logger.info(
    { password: 'hunter2', mqtt: { token: 'hunter2', tls: { secret: 'hunter2' } } },
    'connecting',
  );
  logger.info({ headers: { authorization: 'hunter2' } }, 'request');
  expect(lines.join('')).not.toContain('hunter2');
  expect(lines.join('').match(/\[hidden\]/g)).toHaveLength(4);
});

test('a repeated warning is written once, then counted, then told with the count', () => {
  const { logger, parsed } = capture();
  const limited = rateLimited(logger, 1000);
  for (let number = 0; number < 50; number += 1) limited.warn({ number }, 'bad payload');
  limited.warn({}, 'another');
  expect(parsed().map(({ msg, number }) => [msg, number])).toEqual([
    ['bad payload', 0],
    ['another', undefined],
  ]);
  vi.advanceTimersByTime(1000);
  expect(parsed().slice(2)).toMatchObject([{ msg: 'bad payload', number: 49, suppressed: 49 }]);
});

test('after a quiet interval a warning is written at once again', () => {
  const { logger, lines } = capture();
  const limited = rateLimited(logger, 1000);
  limited.warn({}, 'bad payload');
  vi.advanceTimersByTime(1000);
  limited.warn({}, 'bad payload');
  expect(lines).toHaveLength(2);
  vi.advanceTimersByTime(10_000);
  expect(lines).toHaveLength(2);
  expect(vi.getTimerCount()).toBe(0);
});

test('while it goes on, one line an interval is written', () => {
  const { logger, lines } = capture();
  const limited = rateLimited(logger, 1000);
  for (let step = 0; step < 100; step += 1) {
    limited.warn({}, 'bad payload');
    vi.advanceTimersByTime(100);
  }
  expect(lines).toHaveLength(11);
});

test('messages that vary without end do not take memory without end', () => {
  const { logger, lines } = capture();
  const limited = rateLimited(logger, 1000);
  for (let number = 0; number < 5000; number += 1) limited.warn({}, `bad ${number}`);
  expect(lines.length).toBeLessThan(1100);
  expect(vi.getTimerCount()).toBeLessThan(1100);
});
