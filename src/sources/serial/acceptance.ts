// From frames to the intake, for one port: counts what is not settled yet, and stops the reading while
// the intake is full. A port has no acknowledgement to withhold; what it can do is not to read.

import type { Clock } from '../../core/clock.ts';
import type { Intake } from '../../core/contracts.ts';
import type { FrameFault } from '../../core/raw-message.ts';
import type { SerialEvents } from './serial-events.ts';

export interface AcceptanceParts {
  readonly intake: Intake;
  readonly clock: Clock;
  readonly events: SerialEvents;
  readonly port: string;
  /** `serial:<name>`. */
  readonly source: string;
}

export class Acceptance {
  readonly #parts: AcceptanceParts;
  #unsettled = 0;
  #onSettled: (() => void)[] = [];
  #isWaiting = false;

  constructor(parts: AcceptanceParts) {
    this.#parts = parts;
  }

  get isFull(): boolean {
    return this.#parts.intake.isFull;
  }

  accept(topic: string, payload: Uint8Array, fault: FrameFault | null): void {
    const { intake, clock, events, port, source } = this.#parts;
    events.frame(port, fault);
    this.#unsettled += 1;
    intake.accept(
      {
        source,
        topic,
        payload,
        receivedAtUs: clock(),
        isRetained: false,
        isRedelivered: false,
        ...(fault === null ? {} : { fault }),
      },
      (error) => {
        if (error !== null) events.notStored(port, error);
        this.#unsettled -= 1;
        if (this.#unsettled === 0) for (const resolve of this.#onSettled.splice(0)) resolve();
      },
    );
  }

  /** Calls back once the intake has room; one wait at a time. */
  onceDrained(resume: () => void): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#parts.intake.onceDrained(() => {
      this.#isWaiting = false;
      resume();
    });
  }

  /** Resolves when everything accepted is settled. */
  settled(): Promise<void> {
    if (this.#unsettled === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onSettled.push(resolve));
  }
}
