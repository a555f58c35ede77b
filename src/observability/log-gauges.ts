// What is read off the log's status at each scrape: sizes, watermarks, losses, what consumers lack.
// Streams come out of the config, and so bound their labels; of consumers so many are shown, and of the
// others the worst.

import { Counter, Gauge, type Registry } from 'prom-client';
import type { ConsumerStatus, LogStatus, StreamStatus } from '../core/log-inspection.ts';
import { lossReasons } from '../core/loss-reason.ts';
import { OTHER } from './counts.ts';

/** Consumers shown one by one in the metrics; status shows all. */
const CONSUMER_LABELS_MAX = 200;
const MICROSECONDS_PER_SECOND = 1_000_000;

interface ConsumerFigures {
  readonly lag: number;
  readonly readingsPerSecond: number;
  /** Null where there is nothing to tell. */
  readonly oldestUnreadSeconds: number | null;
  readonly lossSeconds: number | null;
}

export class LogGauges {
  readonly #bytes: Gauge;
  readonly #watermark: Gauge;
  readonly #lag: Gauge;
  readonly #kept: Gauge;
  readonly #staleDevices: Gauge;
  readonly #ready: Gauge;
  readonly #streamBytes: Gauge;
  readonly #segments: Gauge;
  readonly #full: Gauge;
  readonly #timeToLoss: Gauge;
  readonly #oldestUnread: Gauge;
  readonly #consumed: Gauge;
  readonly #diskFree: Gauge;
  readonly #diskTimeToFull: Gauge;
  readonly #losses: Counter;
  readonly #forgotten: Counter;
  readonly #duplicates: Counter;

  constructor(registers: Registry[]) {
    const gauge = (name: string, help: string, labelNames: string[]): Gauge =>
      new Gauge({ name, help, labelNames, registers });
    this.#bytes = gauge(
      'millpond_log_bytes',
      'Size of the log by part: database and wal on disk, tail in memory. A wal far beyond log.checkpointBytes: something holds back checkpoints.',
      ['part'],
    );
    this.#watermark = gauge(
      'millpond_stream_watermark_offset',
      'Low and high watermark: the oldest offset kept, the next to be given.',
      ['stream', 'edge'],
    );
    this.#lag = gauge(
      'millpond_consumer_lag_readings',
      'Readings that a consumer has not committed. Growing: it is slower than what comes in, or has stopped. (other): the largest of those beyond the first 200.',
      ['stream', 'consumer'],
    );
    this.#kept = gauge(
      'millpond_log_entries',
      'Entries kept, by kind: series, devices, producers, dead_letters. Near log.seriesMax: a device makes up names.',
      ['kind'],
    );
    this.#staleDevices = gauge(
      'millpond_devices_stale',
      'Devices silent for more than three of their usual intervals. `millpond devices --stale` names them.',
      [],
    );
    this.#ready = gauge(
      'millpond_log_ready',
      '1 while readings can be made durable. At 0 nothing is acknowledged: /readyz says why.',
      [],
    );
    this.#streamBytes = gauge(
      'millpond_stream_bytes',
      'Size of a stream on disk, by part: sealed, rollups (what charts are read from), hot (an estimate, for it shares one file).',
      ['stream', 'part'],
    );
    this.#segments = gauge('millpond_stream_segments', 'Sealed files of a stream.', ['stream']);
    this.#full = gauge(
      'millpond_stream_full',
      '1 while a stream that refuses is at its hard limit: raise retention.hardBytes, or make its protected consumers read on.',
      ['stream'],
    );
    this.#timeToLoss = gauge(
      'millpond_consumer_time_to_loss_seconds',
      'Until retention reaches what a consumer has not committed, at the current rate; absent while that is not foreseeable. Start or speed up the consumer before it is 0. (other): the shortest of those beyond the first 200.',
      ['stream', 'consumer'],
    );
    this.#oldestUnread = gauge(
      'millpond_consumer_oldest_unread_seconds',
      'Age of the oldest reading that a consumer has not committed; absent where there is none. (other): the greatest of those beyond the first 200.',
      ['stream', 'consumer'],
    );
    this.#consumed = gauge(
      'millpond_consumer_readings_per_second',
      "How fast a consumer's position moves: a mean of the last minutes. (other): the slowest of those beyond the first 200.",
      ['stream', 'consumer'],
    );
    this.#diskFree = gauge(
      'millpond_disk_free_bytes',
      'Free on the disk of the log. Below log.diskFreeMin the oldest segments go.',
      [],
    );
    this.#diskTimeToFull = gauge(
      'millpond_disk_time_to_full_seconds',
      'Until the disk of the log is full at the current rate, retention considered; absent while that is not foreseeable. Then the oldest segments go: make room, or set retention.',
      [],
    );
    const counter = (name: string, help: string, labelNames: string[] = []): Counter =>
      new Counter({ name, help, labelNames, registers });
    this.#losses = counter(
      'millpond_losses_total',
      'Readings, messages and dead letters that had to go since the log began, by reason. `millpond losses` says which.',
      ['reason'],
    );
    this.#forgotten = counter(
      'millpond_producers_forgotten_total',
      'Producers whose sequence was forgotten to make room: what they send again is stored again. Raise log.producersMax.',
    );
    this.#duplicates = counter(
      'millpond_published_duplicates_total',
      'Published messages that were stored already, and so were not stored again.',
    );
  }

  set(status: LogStatus): void {
    this.#bytes.set({ part: 'database' }, status.databaseBytes);
    this.#bytes.set({ part: 'wal' }, status.walBytes);
    this.#bytes.set({ part: 'tail' }, status.tailBytes);
    this.#kept.set({ kind: 'series' }, status.series);
    this.#kept.set({ kind: 'devices' }, status.devices);
    this.#kept.set({ kind: 'producers' }, status.producers.count);
    this.#kept.set({ kind: 'dead_letters' }, status.deadLetters);
    this.#staleDevices.set(status.staleDevices);
    this.#ready.set(status.problem === null ? 1 : 0);
    this.#setDisk(status);
    this.#setStreams(status.streams);
    this.#setConsumers(status);
    this.#setLosses(status);
    setTotal(this.#forgotten, status.producers.forgotten);
    setTotal(this.#duplicates, status.producers.duplicates);
  }

  #setDisk({ disk, nowUs }: LogStatus): void {
    this.#diskFree.set(disk.freeBytes);
    this.#diskTimeToFull.remove();
    const left = secondsUntil(disk.fullAtUs, nowUs);
    if (left !== null) this.#diskTimeToFull.set(left);
  }

  #setStreams(streams: readonly StreamStatus[]): void {
    for (const { stream, ...state } of streams) {
      this.#watermark.set({ stream, edge: 'low' }, state.lowWatermark);
      this.#watermark.set({ stream, edge: 'high' }, state.highWatermark);
      this.#streamBytes.set({ stream, part: 'sealed' }, state.sealedBytes);
      this.#streamBytes.set({ stream, part: 'rollups' }, state.rollupBytes);
      this.#streamBytes.set({ stream, part: 'hot' }, state.hotBytes);
      this.#segments.set({ stream }, state.segments);
      this.#full.set({ stream }, state.isFull ? 1 : 0);
    }
  }

  #setConsumers(status: LogStatus): void {
    const ends = new Map(status.streams.map((s) => [s.stream, s.highWatermark]));
    for (const each of [this.#lag, this.#timeToLoss, this.#oldestUnread, this.#consumed]) {
      each.reset();
    }
    const others = new Map<string, ConsumerFigures>();
    for (const [index, each] of status.consumers.entries()) {
      const { stream, consumer } = each;
      const figures = figuresOf(each, ends.get(stream) ?? each.nextOffset, status.nowUs);
      if (index < CONSUMER_LABELS_MAX) this.#setConsumer({ stream, consumer }, figures);
      else others.set(stream, worse(others.get(stream) ?? figures, figures));
    }
    for (const [stream, figures] of others) this.#setConsumer({ stream, consumer: OTHER }, figures);
  }

  #setConsumer(labels: { stream: string; consumer: string }, figures: ConsumerFigures): void {
    this.#lag.set(labels, figures.lag);
    this.#consumed.set(labels, figures.readingsPerSecond);
    const { oldestUnreadSeconds, lossSeconds } = figures;
    if (oldestUnreadSeconds !== null) this.#oldestUnread.set(labels, oldestUnreadSeconds);
    if (lossSeconds !== null) this.#timeToLoss.set(labels, lossSeconds);
  }

  #setLosses({ lost }: LogStatus): void {
    this.#losses.reset();
    for (const reason of lossReasons) this.#losses.inc({ reason }, lost[reason] ?? 0);
  }
}

function figuresOf(status: ConsumerStatus, end: number, nowUs: number): ConsumerFigures {
  const { nextOffset, readingsPerSecond, oldestUnreadUs, losesDataAtUs } = status;
  return {
    lag: end - nextOffset,
    readingsPerSecond,
    oldestUnreadSeconds: secondsUntil(nowUs, oldestUnreadUs),
    lossSeconds: secondsUntil(losesDataAtUs, nowUs),
  };
}

/** Of two consumers what is worse of each figure: an alert on it must not miss one. */
function worse(a: ConsumerFigures, b: ConsumerFigures): ConsumerFigures {
  const of = (choose: (...of: number[]) => number, one: number | null, other: number | null) =>
    one === null || other === null ? (one ?? other) : choose(one, other);
  return {
    lag: Math.max(a.lag, b.lag),
    readingsPerSecond: Math.min(a.readingsPerSecond, b.readingsPerSecond),
    oldestUnreadSeconds: of(Math.max, a.oldestUnreadSeconds, b.oldestUnreadSeconds),
    lossSeconds: of(Math.min, a.lossSeconds, b.lossSeconds),
  };
}

/** 0 for what is past; null where one of them is. */
function secondsUntil(thenUs: number | null, fromUs: number | null): number | null {
  if (thenUs === null || fromUs === null) return null;
  return Math.max(0, (thenUs - fromUs) / MICROSECONDS_PER_SECOND);
}

function setTotal(counter: Counter, total: number): void {
  counter.reset();
  counter.inc(total);
}
