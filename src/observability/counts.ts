// Counters that cost an addition: prom-client's own hash their labels at each call.

import { Counter, type Registry } from 'prom-client';

/** For a label value that is on no list. No name that may be given has brackets. */
export const OTHER = '(other)';

export class Counts<Label extends string = string> {
  readonly #counts: Map<string, number>;

  /** Each label there is: its series is there from the start, so that a rate sees the first event. */
  constructor(labels: readonly Label[]) {
    this.#counts = new Map(labels.map((label) => [label, 0]));
  }

  add(label: Label, by = 1): void {
    const known = this.#counts.has(label) ? label : OTHER;
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + by);
  }

  register(registers: Registry[], metric: { name: string; help: string; label: string }): void {
    const counts = this.#counts;
    new Counter({
      name: metric.name,
      help: metric.help,
      labelNames: [metric.label],
      registers,
      collect() {
        this.reset();
        for (const [label, count] of counts) this.inc({ [metric.label]: label }, count);
      },
    });
  }
}

/** A counter whose total is kept elsewhere, as a plain number, and read at each scrape. */
export function registerTotal(
  registers: Registry[],
  metric: { name: string; help: string; read: () => number },
): void {
  new Counter({
    name: metric.name,
    help: metric.help,
    registers,
    collect() {
      this.reset();
      this.inc(metric.read());
    },
  });
}
