// A page that is drawn over and over in the same place, as `top` does: on the terminal's second
// screen, so that what was there before is there again afterwards, however the program ends.

import type { ReadStream, WriteStream } from 'node:tty';

const sequences = {
  // Second screen, no cursor, lines that are too long end at the edge.
  open: '\u001b[?1049h\u001b[?25l\u001b[?7l',
  close: '\u001b[?7h\u001b[?25h\u001b[?1049l',
  // Shown at once by terminals that know it: no half-drawn page.
  begin: '\u001b[?2026h\u001b[H',
  lineEnd: '\u001b[K',
  end: '\u001b[J\u001b[?2026l',
  clear: '\u001b[2J',
};

const NOT_STOPPED_MS = 200;

export interface ScreenEvents {
  /** One or more characters; Ctrl-C comes as such. */
  pressed(keys: string): void;
  /** The window has another size, or everything on it is gone. */
  resized(): void;
}

export class LiveScreen {
  readonly #output: WriteStream;
  readonly #input: ReadStream | null;
  readonly #events: ScreenEvents;
  #shown = '';
  #isOpen = false;
  #isSuspended = false;

  /** `input` may be something else than a terminal: then no keys come. */
  constructor(output: WriteStream, input: NodeJS.ReadStream, events: ScreenEvents) {
    this.#output = output;
    this.#input = input.isTTY === true ? input : null;
    this.#events = events;
  }

  /** Until `close`, which the end of the process stands in for. */
  open(): void {
    this.#enter();
    process.on('exit', this.close);
    process.on('SIGCONT', this.#continued);
    this.#output.on('resize', this.#resized);
    this.#input?.setEncoding('utf8').on('data', this.#pressed).resume();
  }

  get rows(): number {
    return this.#output.rows || 24;
  }

  /** At most `rows` lines. Nothing is written where nothing changed, or while the terminal is behind. */
  draw(lines: readonly string[]): void {
    const page = lines.map((line) => line + sequences.lineEnd).join('\r\n');
    if (!this.#isOpen || page === this.#shown || this.#output.writableNeedDrain) return;
    this.#shown = page;
    this.#output.write(sequences.begin + page + sequences.end);
  }

  /** The terminal as it was. Can be called again. */
  readonly close = (): void => {
    if (this.#isOpen) this.#leave();
    this.#isSuspended = false;
    process.off('exit', this.close);
    process.off('SIGCONT', this.#continued);
    this.#output.off('resize', this.#resized);
    this.#input?.off('data', this.#pressed).pause();
  };

  /** Gives the terminal back to the shell, as Ctrl-Z does; `fg` goes on. */
  suspend(): void {
    this.#leave();
    this.#isSuspended = true;
    process.kill(process.pid, 'SIGTSTP');
    // Where no shell could continue it, as in a container, the system did not stop it either.
    setTimeout(() => {
      if (this.#isSuspended) this.#continued();
    }, NOT_STOPPED_MS);
  }

  #enter(): void {
    this.#isOpen = true;
    this.#shown = '';
    this.#input?.setRawMode(true);
    this.#output.write(sequences.open + sequences.clear);
  }

  #leave(): void {
    this.#isOpen = false;
    this.#input?.setRawMode(false);
    this.#output.write(sequences.close);
  }

  readonly #continued = (): void => {
    this.#isSuspended = false;
    // The shell has used the terminal meanwhile, also after a SIGSTOP, of which nobody is told.
    if (this.#isOpen) this.#leave();
    this.#enter();
    this.#events.resized();
  };

  readonly #resized = (): void => {
    this.#shown = '';
    this.#output.write(sequences.clear);
    this.#events.resized();
  };

  readonly #pressed = (keys: string): void => {
    this.#events.pressed(keys);
  };
}
