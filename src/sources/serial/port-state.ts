// Whether a port is open, what is wrong with it, and how long it was away.

import type { Clock } from '../../core/clock.ts';
import type { PortStatus } from './reader.ts';
import type { SerialEvents } from './serial-events.ts';

const MICROSECONDS_PER_MS = 1000;

export class PortState {
  readonly #name: string;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #events: SerialEvents;
  #isOpen = false;
  #problem: string | null = null;
  #closedAtUs: number | null = null;

  constructor(parts: {
    readonly name: string;
    readonly path: string;
    readonly clock: Clock;
    readonly events: SerialEvents;
  }) {
    this.#name = parts.name;
    this.#path = parts.path;
    this.#clock = parts.clock;
    this.#events = parts.events;
  }

  status(): PortStatus {
    return { name: this.#name, path: this.#path, isOpen: this.#isOpen, problem: this.#problem };
  }

  opened(): void {
    const awayUs = this.#closedAtUs === null ? null : this.#clock() - this.#closedAtUs;
    this.#isOpen = true;
    this.#problem = null;
    this.#closedAtUs = null;
    this.#events.opened(this.#name, awayUs === null ? null : awayUs / MICROSECONDS_PER_MS);
  }

  closed(problem: string): void {
    this.#isOpen = false;
    this.#problem = problem;
    this.#closedAtUs = this.#clock();
    this.#events.closed(this.#name, problem);
  }

  failing(problem: string): void {
    if (this.#problem !== problem) this.#events.failing(this.#name, problem);
    this.#problem = problem;
  }

  stopped(): void {
    this.#isOpen = false;
  }
}
