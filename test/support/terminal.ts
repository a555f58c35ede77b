// Runs the built command in a real pseudo-terminal, of which a test sees the screen: keys, a window
// that changes its size, signals.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { program } from './gateway.ts';
import { Screen } from './screen.ts';

const script = fileURLToPath(new URL('terminal.py', import.meta.url));

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly folder?: string;
  readonly environment?: Record<string, string>;
  /** A shell command around the program, which is `"$@"` in it. */
  readonly shell?: string;
}

export class Terminal {
  readonly screen: Screen;
  readonly child: ChildProcess;
  /** With the command's exit code, after its last output. */
  readonly ended: Promise<number | null>;
  /** All that the terminal was sent. */
  raw = '';

  constructor(args: readonly string[], options: TerminalOptions = {}) {
    const { columns = 80, rows = 24, folder, environment = {}, shell } = options;
    this.screen = new Screen(columns, rows);
    const command = [process.execPath, program, ...args];
    const inShell = shell === undefined ? command : ['/bin/sh', '-c', shell, 'sh', ...command];
    this.child = spawn('/usr/bin/python3', [script, String(columns), String(rows), ...inShell], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        TZ: 'UTC',
        TERM: 'xterm-256color',
        LANG: 'C.UTF-8',
        ...environment,
      },
    });
    this.child.stdin?.on('error', () => undefined);
    this.child.stdout?.setEncoding('utf8').on('data', (data: string) => {
      this.raw += data;
      this.screen.write(data);
    });
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
  }

  /** Resolves when the screen is as wanted; fails when the command ends without. */
  async until(isWanted: (screen: Screen) => boolean): Promise<void> {
    while (!isWanted(this.screen)) {
      const isOver = await Promise.race([
        once(this.child.stdout!, 'data').then(() => false),
        this.ended.then(() => true),
      ]);
      if (isOver && !isWanted(this.screen)) {
        throw new Error(`ended, and the screen is:\n${this.screen.text}`);
      }
    }
  }

  /** As `until`, for a text that the screen shows. */
  async shows(text: string | RegExp): Promise<void> {
    await this.until(({ text: shown }) =>
      typeof text === 'string' ? shown.includes(text) : text.test(shown),
    );
  }

  press(keys: string): void {
    this.#order({ keys });
  }

  resize(columns: number, rows: number): void {
    this.screen.columns = columns;
    this.screen.rows = rows;
    this.#order({ size: [columns, rows] });
  }

  signal(number: number): void {
    this.#order({ signal: number });
  }

  async close(): Promise<void> {
    if (this.child.exitCode === null) this.signal(9);
    await this.ended;
  }

  #order(order: object): void {
    this.child.stdin?.write(`${JSON.stringify(order)}\n`);
  }
}
