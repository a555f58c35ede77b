// What is read off the log's status at each scrape: sizes, watermarks, losses, what consumers lack.
// Streams come out of the config, and so bound their labels; of consumers so many are shown.

import type { IntervalHistogram } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { LogStatus } from '../core/log-inspection.ts';
import { noteLoopDelay } from './counts.ts';

/** Consumers shown one by one in the metrics; status shows all. */
const CONSUMER_LABELS_MAX = 200;
const MICROSECONDS_PER_SECOND = 1_000_000;

export class LogGauges {
  readonly #bytes: Gauge;
  readonly #watermark: Gauge;
  readonly #lag: Gauge;
  readonly #kept: Gauge;
  readonly #staleDevices: Gauge;
  readonly #loopDelay: Gauge;
  readonly #ready: Gauge;
  readonly #streamBytes: Gauge;
  readonly #segments: Gauge;
  readonly #full: Gauge;
  readonly #losesData: Gauge;
  readonly #oldestUnread: Gauge;
  readonly #consumed: Gauge;
  readonly #diskFree: Gauge;
  readonly #losses: Counter;
  readonly #forgotten: Counter;
  readonly #duplicates: Counter;

  constructor(registers: Registry[]) {
    const gauge = (name: string, help: string, labelNames: string[]): Gauge =>
      new Gauge({ name, help, labelNames, registers });
    this.#bytes = gauge('millpond_log_bytes', 'Size of the log by part.', ['part']);
    this.#watermark = gauge('millpond_stream_watermark_offset', 'Low and high watermark.', [
      'stream',
      'edge',
    ]);
    this.#lag = gauge('millpond_consumer_lag_readings', 'Readings a consumer has not committed.', [
      'stream',
      'consumer',
    ]);
    this.#kept = gauge('millpond_log_entries', 'Entries kept, by kind.', ['kind']);
    this.#staleDevices = gauge(
      'millpond_devices_stale',
      'Devices silent for more than three of their usual intervals.',
      [],
    );
    this.#loopDelay = gauge(
      'millpond_log_thread_delay_seconds',
      'Event-loop delay of the log thread since the last scrape.',
      ['quantile'],
    );
    this.#ready = gauge('millpond_log_ready', '1 while readings can be made durable.', []);
    this.#streamBytes = gauge('millpond_stream_bytes', 'Size of a stream on disk.', [
      'stream',
      'part',
    ]);
    this.#segments = gauge('millpond_stream_segments', 'Sealed files of a stream.', ['stream']);
    this.#full = gauge('millpond_stream_full', '1 while a stream is at its hard limit.', [
      'stream',
    ]);
    this.#losesData = gauge(
      'millpond_consumer_loses_data_seconds',
      'Until retention reaches what a consumer has not committed, at the current rate; absent while that is not foreseeable.',
      ['stream', 'consumer'],
    );
    this.#oldestUnread = gauge(
      'millpond_consumer_oldest_unread_seconds',
      'Age of the oldest reading that a consumer has not committed; absent where there is none.',
      ['stream', 'consumer'],
    );
    this.#consumed = gauge(
      'millpond_consumer_readings_per_second',
      "How fast a consumer's position moves: a mean of the last minutes.",
      ['stream', 'consumer'],
    );
    this.#diskFree = gauge('millpond_disk_free_bytes', 'Free on the disk of the log.', []);
    this.#losses = new Counter({
      name: 'millpond_log_losses_total',
      help: 'Readings, messages and dead letters that had to go.',
      labelNames: ['reason'],
      registers,
    });
    this.#forgotten = new Counter({
      name: 'millpond_producers_forgotten_total',
      help: 'Producers whose sequence was forgotten to make room.',
      registers,
    });
    this.#duplicates = new Counter({
      name: 'millpond_published_duplicates_total',
      help: 'Published messages that were stored already.',
      registers,
    });
  }

  set(status: LogStatus, loopDelay: IntervalHistogram): void {
    this.#bytes.set({ part: 'database' }, status.databaseBytes);
    this.#bytes.set({ part: 'wal' }, status.walBytes);
    this.#bytes.set({ part: 'tail' }, status.tailBytes);
    this.#kept.set({ kind: 'series' }, status.series);
    this.#kept.set({ kind: 'devices' }, status.devices);
    this.#kept.set({ kind: 'producers' }, status.producers.count);
    this.#kept.set({ kind: 'dead_letters' }, status.deadLetters);
    this.#staleDevices.set(status.staleDevices);
    this.#ready.set(status.problem === null ? 1 : 0);
    this.#diskFree.set(status.disk.freeBytes);
    this.#setStreams(status);
    this.#setConsumers(status);
    this.#setLosses(status);
    setTotal(this.#forgotten, status.producers.forgotten);
    setTotal(this.#duplicates, status.producers.duplicates);
    noteLoopDelay(this.#loopDelay, loopDelay);
  }

  #setStreams({ streams }: LogStatus): void {
    for (const { stream, ...state } of streams) {
      this.#watermark.set({ stream, edge: 'low' }, state.lowWatermark);
      this.#watermark.set({ stream, edge: 'high' }, state.highWatermark);
      this.#streamBytes.set({ stream, part: 'sealed' }, state.sealedBytes);
      this.#streamBytes.set({ stream, part: 'hot' }, state.hotBytes);
      this.#segments.set({ stream }, state.segments);
      this.#full.set({ stream }, state.isFull ? 1 : 0);
    }
  }

  #setConsumers(status: LogStatus): void {
    const ends = new Map(status.streams.map((s) => [s.stream, s.highWatermark]));
    this.#lag.reset();
    this.#losesData.reset();
    this.#oldestUnread.reset();
    this.#consumed.reset();
    for (const each of status.consumers.slice(0, CONSUMER_LABELS_MAX)) {
      const { stream, consumer, nextOffset, losesDataAtUs, oldestUnreadUs } = each;
      this.#lag.set({ stream, consumer }, (ends.get(stream) ?? nextOffset) - nextOffset);
      this.#consumed.set({ stream, consumer }, each.readingsPerSecond);
      if (oldestUnreadUs !== null) {
        const ageUs = Math.max(0, status.nowUs - oldestUnreadUs);
        this.#oldestUnread.set({ stream, consumer }, ageUs / MICROSECONDS_PER_SECOND);
      }
      if (losesDataAtUs === null) continue;
      const left = (losesDataAtUs - status.nowUs) / MICROSECONDS_PER_SECOND;
      this.#losesData.set({ stream, consumer }, Math.max(0, left));
    }
  }

  #setLosses({ lost }: LogStatus): void {
    this.#losses.reset();
    for (const [reason, count] of Object.entries(lost)) this.#losses.inc({ reason }, count);
  }
}

function setTotal(counter: Counter, total: number): void {
  counter.reset();
  counter.inc(total);
}
