// What `status --watch` remembers of the answers before: rates and lags, a point for each answer, so
// many and no more, however long it runs.

import type { GetStatusResponse } from '../../generated/millpond/v1/admin_service.ts';

/** As many as a wide terminal has columns. */
export const POINTS_MAX = 512;
/** Consumers whose lag is remembered: those that lag most. */
export const CONSUMERS_MAX = 100;

/** Null where it is not known: before the second answer, and after the gateway restarted. */
type Point = number | null;

export class StatusHistory {
  readonly received: Point[] = [];
  readonly delivered: Point[] = [];
  readonly commitMs: Point[] = [];
  #lags = new Map<string, number[]>();
  #last: GetStatusResponse | null = null;

  add(status: GetStatusResponse): void {
    const seconds = secondsSince(this.#last, status);
    const rate = (countOf: (of: GetStatusResponse) => number): Point =>
      seconds === null || this.#last === null
        ? null
        : Math.max(0, countOf(status) - countOf(this.#last)) / seconds;
    keep(this.received, rate(readingsOf));
    keep(
      this.delivered,
      rate(({ delivered }) => Number(delivered)),
    );
    keep(this.commitMs, status.log === undefined ? null : status.log.commitMsP99);
    this.#addLags(status);
    this.#last = status;
  }

  /** The gateway did not answer: nothing is known of this time. */
  addNothing(): void {
    for (const points of [this.received, this.delivered, this.commitMs]) keep(points, null);
  }

  lagsOf(stream: string, consumer: string): readonly number[] {
    return this.#lags.get(keyOf(stream, consumer)) ?? [];
  }

  #addLags({ consumers }: GetStatusResponse): void {
    const before = this.#lags;
    this.#lags = new Map();
    const laggards = [...consumers].sort((a, b) => Number(b.lag - a.lag)).slice(0, CONSUMERS_MAX);
    for (const { stream, consumer, lag } of laggards) {
      const key = keyOf(stream, consumer);
      const points = before.get(key) ?? [];
      keep(points, Number(lag));
      this.#lags.set(key, points);
    }
  }
}

function keep<Value>(points: Value[], point: Value): void {
  points.push(point);
  if (points.length > POINTS_MAX) points.shift();
}

/** Null unless both are of one run of the gateway, and its clock went on. */
function secondsSince(last: GetStatusResponse | null, status: GetStatusResponse): number | null {
  if (last === null || last.startedAtUs !== status.startedAtUs) return null;
  const us = Number(status.nowUs - last.nowUs);
  return us <= 0 ? null : us / 1_000_000;
}

function readingsOf({ streams }: GetStatusResponse): number {
  return streams.reduce((sum, { highWatermark }) => sum + Number(highWatermark), 0);
}

function keyOf(stream: string, consumer: string): string {
  return JSON.stringify([stream, consumer]);
}
