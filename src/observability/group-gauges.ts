// What is read off the groups at each scrape: who is there, what they hold, what failed.

import { Counter, Gauge, type Registry } from 'prom-client';
import type { GroupStatus } from '../core/group.ts';
import { OTHER } from './counts.ts';

/** Groups shown one by one, of the others their sum; the list of groups shows all. */
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
    this.#members = gauge(
      'millpond_group_members',
      'Members that are connected. At 0 nobody works for the group.',
    );
    this.#inFlight = gauge(
      'millpond_group_in_flight_readings',
      'Readings that members hold and have not acknowledged.',
    );
    this.#waiting = gauge(
      'millpond_group_waiting_readings',
      'Readings that failed and wait to be sent again.',
    );
    this.#deadLetters = gauge(
      'millpond_group_dead_letters',
      'Readings that the group gave up and that are kept. `millpond groups` shows them and sends them round again.',
    );
    this.#stalled = gauge(
      'millpond_group_stalled',
      '1 while there are readings and none of them can be sent; `millpond groups` says why. (other): how many of those beyond the first 200.',
    );
    this.#redeliveries = new Counter({
      name: 'millpond_group_redeliveries_total',
      help: 'Readings sent again. Many: members fail, or take longer than the acknowledgement deadline.',
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
    for (const [index, status] of groups.entries()) {
      const { stream } = status;
      const labels = { stream, group: index < GROUP_LABELS_MAX ? status.group : OTHER };
      this.#members.inc(labels, status.members);
      this.#inFlight.inc(labels, status.inFlight);
      this.#waiting.inc(labels, status.waitingRedelivery);
      this.#deadLetters.inc(labels, status.deadLetters);
      this.#stalled.inc(labels, status.stall === null ? 0 : 1);
      this.#redeliveries.inc(labels, status.redeliveries);
    }
  }
}
