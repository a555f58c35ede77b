// What is told of the log's health: each change once, to the logger and to who listens.
import { beforeEach, expect, test } from 'vitest';
import { LogHealth } from '../../../src/observability/log-health.ts';
import { createLogger } from '../../../src/observability/logger.ts';

let lines: Record<string, unknown>[] = [];
let health: LogHealth;

beforeEach(() => {
  lines = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  health = new LogHealth(createLogger({ level: 'info', format: 'json' }, { write }));
});

const full = { code: 'LOG_WRITE_FAILED', disk: 'full' } as const;

test('before the log is open it is not ready, and the disk is not to blame', () => {
  expect(health.problem).toMatch(/being opened/);
  expect(health.disk).toBe('ok');
  health.working();
  expect(health.problem).toBeNull();
  expect(lines).toEqual([]);
});

test('a problem is told with its code and the state of the disk, and so is its end', () => {
  health.working();
  health.failing('no space', full);
  expect(health).toMatchObject({ problem: 'no space', disk: 'full' });
  health.working();
  expect(health).toMatchObject({ problem: null, disk: 'ok' });
  expect(lines).toMatchObject([
    { level: 'error', code: 'LOG_WRITE_FAILED', disk: 'full', msg: 'no space' },
    { level: 'info', msg: 'the log takes readings again' },
  ]);
});

test('the same problem again is told once, another one as well', () => {
  for (let attempt = 0; attempt < 5; attempt++) health.failing('no space', full);
  health.failing('read-only', { code: 'LOG_WRITE_FAILED', disk: 'read_only' });
  expect(lines.map(({ msg }) => msg)).toEqual(['no space', 'read-only']);
});

test('listeners hear at once what is, then each change', () => {
  const heard: boolean[] = [];
  health.onServing((isServing) => heard.push(isServing));
  health.working();
  health.working();
  health.failing('a', full);
  health.failing('b', full);
  health.working();
  expect(heard).toEqual([false, true, false, true]);
});
