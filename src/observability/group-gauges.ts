// What is read off the groups at each scrape: who is there, what they hold, what failed.

import { Counter, Gauge, type Registry } from 'prom-client';
import type { GroupStatus } from '../core/group.ts';

/** Groups shown one by one; the list of groups shows all. */
const GROUP_LABELS_MAX = 200;
const labelNames = ['stream', 'group'];

export class GroupGauges {
  readonly #members: Gauge;
  readonly #inFlight: Gauge;
  readonly #waiting: Gauge;
  readonly #deadLetters: Gauge;
  readonly #stalled: Gauge;
  readonly #redeliveries: Counter;

  constructor(registers: Registry[]) {
    const gauge = (name: string, help: string): Gauge =>
      new Gauge({ name, help, labelNames, registers });
    this.#members = gauge('millpond_group_members', 'Members that are connected.');
    this.#inFlight = gauge('millpond_group_in_flight_readings', 'Readings that members hold.');
    this.#waiting = gauge(
      'millpond_group_waiting_readings',
      'Readings that failed and wait to be sent again.',
    );
    this.#deadLetters = gauge(
      'millpond_group_dead_letters',
      'Readings that the group gave up and that are kept.',
    );
    this.#stalled = gauge(
      'millpond_group_stalled',
      '1 while there are readings and none of them can be sent.',
    );
    this.#redeliveries = new Counter({
      name: 'millpond_group_redeliveries_total',
      help: 'Readings sent again.',
      labelNames,
      registers,
    });
  }

  set(groups: readonly GroupStatus[]): void {
    const gauges = [
      this.#members,
      this.#inFlight,
      this.#waiting,
      this.#deadLetters,
      this.#stalled,
      this.#redeliveries,
    ];
    for (const each of gauges) each.reset();
    for (const status of groups.slice(0, GROUP_LABELS_MAX)) {
      const labels = { stream: status.stream, group: status.group };
      this.#members.set(labels, status.members);
      this.#inFlight.set(labels, status.inFlight);
      this.#waiting.set(labels, status.waitingRedelivery);
      this.#deadLetters.set(labels, status.deadLetters);
      this.#stalled.set(labels, status.stall === null ? 0 : 1);
      this.#redeliveries.inc(labels, status.redeliveries);
    }
  }
}
