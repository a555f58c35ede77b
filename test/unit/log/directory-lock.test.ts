// One gateway per directory: what counts as a holder and what does not. Uses real files and real
// processes, as that is all the lock is made of.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { DirectoryLock } from '../../../src/log/directory-lock.ts';
import { tempFolder } from '../../support/temp-folder.ts';

/** Runs once, right after the lock's code has read the lock file. */
const afterReading: { run: (() => void) | null } = vi.hoisted(() => ({ run: null }));

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const readThenRun = ((path: string, options: BufferEncoding) => {
    const text = fs.readFileSync(path, options);
    const { run } = afterReading;
    if (run !== null && String(path).endsWith('/lock')) {
      afterReading.run = null;
      run();
    }
    return text;
  }) as typeof fs.readFileSync;
  return { ...fs, readFileSync: readThenRun };
});

const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

function startTicks(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] as string;
}

function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}

function run(command: string, args: string[]): ChildProcess & { pid: number } {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child as ChildProcess & { pid: number };
}

/** A process that does nothing but live. */
function runIdle(): ChildProcess & { pid: number } {
  return run('cat', []);
}

function writeLock(folder: string, holder: unknown): void {
  const text = typeof holder === 'string' ? holder : JSON.stringify(holder);
  writeFileSync(join(folder, 'lock'), text);
}

function expectFree(folder: string): void {
  const lock = DirectoryLock.take(folder);
  expect(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8'))).toMatchObject({
    pid: process.pid,
  });
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
}

function expectTaken(folder: string, pid: number): void {
  expect(() => DirectoryLock.take(folder)).toThrow(
    expect.objectContaining({
      code: 'DATA_DIR_IN_USE',
      message: expect.stringContaining(`process id ${pid}`),
    }),
  );
}

test('a second taker is refused until the first releases', () => {
  const folder = tempFolder();
  const first = DirectoryLock.take(folder);
  expectTaken(folder, process.pid);
  expect(readdirSync(folder)).toEqual(['lock']);
  first.release();
  expectFree(folder);
});

test('another living process holds it', () => {
  const folder = tempFolder();
  const { pid } = runIdle();
  writeLock(folder, { pid, boot, started: startTicks(pid) });
  expectTaken(folder, pid);
  expect(existsSync(join(folder, 'lock'))).toBe(true);
});

describe('is free when its holder', () => {
  test('has ended', async () => {
    const folder = tempFolder();
    const child = runIdle();
    writeLock(folder, { pid: child.pid, boot, started: startTicks(child.pid) });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expectFree(folder);
  });

  test('was of another boot, though its number and start fit', () => {
    const folder = tempFolder();
    const { pid } = runIdle();
    const other = '00000000-0000-4000-8000-000000000000';
    writeLock(folder, { pid, boot: other, started: startTicks(pid) });
    expectFree(folder);
  });

  test('has left its number to a later process', () => {
    const folder = tempFolder();
    const { pid } = runIdle();
    writeLock(folder, { pid, boot, started: String(Number(startTicks(pid)) - 1) });
    expectFree(folder);
  });

  test('is dead and only its parent does not know yet', async () => {
    const folder = tempFolder();
    // The shell's child ends while the shell has become a process that waits for nobody.
    const shell = run('sh', ['-c', 'sh -c "echo $$; read -r line" <&0 & exec cat']);
    const [line] = (await once(shell.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    const pid = Number(
      readFileSync(`/proc/${shell.pid}/task/${shell.pid}/children`, 'utf8').trim() || line,
    );
    writeLock(folder, { pid, boot, started: startTicks(pid) });
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => stateOf(pid)).toBe('Z');
    expectFree(folder);
  });

  test.each([
    ['', 'nothing'],
    ['{"pid":', 'a half'],
    ['\0\0\0', 'zeros'],
    ['null', 'no object'],
    ['{"pid":"1"}', 'no number'],
  ])('left a torn file: %j (%s)', (text) => {
    const folder = tempFolder();
    writeLock(folder, text);
    expectFree(folder);
  });
});

test('a lock that another process took while a stale one was being judged is left to it', () => {
  const folder = tempFolder();
  const { pid } = runIdle();
  writeLock(folder, { pid: 1, boot: 'gone', started: '0' });
  afterReading.run = () => {
    rmSync(join(folder, 'lock'));
    writeLock(folder, { pid, boot, started: startTicks(pid) });
  };
  expectTaken(folder, pid);
  expect(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8'))).toMatchObject({ pid });
  expect(readdirSync(folder)).toEqual(['lock']);
});
