// A port whose device speaks by itself: bytes are cut into frames, and each frame is handed over.

import type { SerialPortConfig } from '../../core/serial-config.ts';
import { sourceNameOf } from '../../core/serial-config.ts';
import { Acceptance } from './acceptance.ts';
import type { Framing } from './framing/contract.ts';
import { createFraming } from './framing/create-framing.ts';
import { PortLink } from './port-link.ts';
import { PortState } from './port-state.ts';
import type { PortReader, PortStatus } from './reader.ts';
import type { ReaderParts } from './reader-parts.ts';

/**
 * Who speaks within this time after the port was opened was speaking before: the first bytes may be the
 * rest of a frame. Adapters deliver every 16 ms what has come meanwhile (FTDI's latency timer).
 */
const LISTEN_MS = 40;

export class FrameReader implements PortReader {
  readonly #state: PortState;
  readonly #acceptance: Acceptance;
  readonly #framing: Framing;
  readonly #link: PortLink;
  readonly #idleMs: number;
  #listenTimer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #listened: () => void = () => undefined;

  constructor(config: Extract<SerialPortConfig, { kind: 'frames' }>, parts: ReaderParts) {
    const { name, path, line, framing } = config;
    const { intake, clock, events } = parts;
    this.#state = new PortState({ name, path, clock, events });
    const source = sourceNameOf(config);
    this.#acceptance = new Acceptance({ intake, clock, events, port: name, source });
    this.#framing = createFraming(framing, {
      frame: (bytes, fault) => this.#acceptance.accept(name, bytes, fault),
      discarded: (bytes, reason) => events.discarded(name, bytes, reason),
    });
    this.#idleMs = framing.idleMs;
    this.#link = new PortLink({
      path,
      line,
      handlers: {
        opened: () => this.#opened(),
        closed: (problem) => this.#closed(problem),
        failing: (problem) => {
          this.#state.failing(problem);
          this.#listened();
        },
        data: (bytes) => {
          events.received(name, bytes.length);
          this.#take(bytes);
        },
      },
    });
  }

  async start(): Promise<void> {
    const listened = new Promise<void>((resolve) => {
      this.#listened = resolve;
    });
    await this.#link.start();
    await listened;
  }

  async stop(): Promise<void> {
    this.#listened();
    await this.#link.stop();
    await this.#acceptance.settled();
  }

  status(): PortStatus {
    return this.#state.status();
  }

  #opened(): void {
    this.#framing.restart(true);
    this.#state.opened();
    this.#listenTimer = setTimeout(() => {
      this.#framing.restart(false);
      this.#listened();
    }, LISTEN_MS);
  }

  #closed(problem: string | null): void {
    clearTimeout(this.#listenTimer);
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    this.#listened();
    this.#framing.restart(false);
    if (problem === null) this.#state.stopped();
    else this.#state.closed(problem);
  }

  #take(bytes: Buffer): void {
    clearTimeout(this.#listenTimer);
    this.#listened();
    this.#framing.push(bytes);
    if (this.#idleMs > 0) this.#awaitSilence();
    if (!this.#acceptance.isFull) return;
    this.#link.pause();
    this.#acceptance.onceDrained(() => this.#link.resume());
  }

  #awaitSilence(): void {
    if (this.#idleTimer === undefined) {
      this.#idleTimer = setTimeout(() => this.#framing.silence(), this.#idleMs);
    } else {
      this.#idleTimer.refresh();
    }
  }
}
