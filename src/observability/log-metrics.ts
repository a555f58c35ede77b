// What the log thread counts: messages, readings, commits. On the hot path only plain numbers are
// added to; they become Prometheus' when somebody scrapes.

import { Histogram, Registry } from 'prom-client';
import { type Decoded, deadLetterReasons, dropReasons } from '../core/contracts.ts';
import type { GroupStatus } from '../core/group.ts';
import type { LogStatus } from '../core/log-inspection.ts';
import { Counts, registerTotal } from './counts.ts';
import { GroupGauges } from './group-gauges.ts';
import { LogGauges } from './log-gauges.ts';
import { watchLoopDelay } from './loop-delay.ts';
import { type MetricNote, noteMetrics } from './metric-notes.ts';

const RECENT_COMMITS = 1000;
const messageOutcomes = ['readings', 'partly_readings', 'dead_letter', 'ignored'] as const;

export class LogMetrics {
  readonly #registry = new Registry();
  readonly #messages = new Counts(messageOutcomes);
  readonly #deadLetters = new Counts(deadLetterReasons);
  readonly #dropped = new Counts(dropReasons);
  readonly #recentMs = new Float64Array(RECENT_COMMITS);
  readonly #commitSeconds: Histogram;
  readonly #commitReadings: Histogram;
  readonly #sealSeconds: Histogram;
  readonly #gauges: LogGauges;
  readonly #groups: GroupGauges;
  #readings = 0;
  #commits = 0;
  #stored = 0;
  #payloadBytes = 0;
  #trimmed = 0;
  #failures = 0;
  #sealedReadings = 0;
  #sealedBytes = 0;
  #expiredSegments = 0;
  #expiredReadings = 0;
  #births = 0;

  constructor() {
    const registers = [this.#registry];
    const histogram = (name: string, help: string, buckets: number[]): Histogram =>
      new Histogram({ name, help, buckets, registers });
    this.#commitSeconds = histogram(
      'millpond_commit_duration_seconds',
      'Time of one group commit, its fsync included. What acknowledgements wait for: above 1 the disk is slow or failing.',
      [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 2, 5, 10],
    );
    this.#commitReadings = histogram(
      'millpond_commit_batch_readings',
      'Readings in one group commit. Its sum is what was stored since the start. Large batches are cheap; log.commitInterval makes them larger.',
      [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000],
    );
    this.#sealSeconds = histogram(
      'millpond_seal_duration_seconds',
      'Time to write one segment and put it in the place of its hot table. Readings are taken meanwhile; above 10 hot tables pile up.',
      [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
    );
    watchLoopDelay(registers, {
      name: 'millpond_log_thread_delay_seconds',
      help: 'How late the event loop of the log thread is. Above 0.1 at the 99th percentile: more readings than it has time for.',
    });
    this.#registerCounters(registers);
    this.#gauges = new LogGauges(registers);
    this.#groups = new GroupGauges(registers);
  }

  #registerCounters(registers: Registry[]): void {
    this.#messages.register(registers, {
      name: 'millpond_messages_total',
      help: 'Raw messages by what became of them. dead_letter and partly_readings: see millpond_dead_letters_total; ignored: see millpond_dropped_values_total.',
      label: 'outcome',
    });
    this.#deadLetters.register(registers, {
      name: 'millpond_dead_letters_total',
      help: 'Messages kept as dead letters, by reason. `millpond dead-letters` shows them; after a profile was mended it decodes them again.',
      label: 'reason',
    });
    this.#dropped.register(registers, {
      name: 'millpond_dropped_values_total',
      help: 'Values and messages that were no readings, such as sentinels. Many of sentinel or bad_quality: a sensor is broken or unplugged.',
      label: 'reason',
    });
    const counter = (name: string, help: string, read: () => number): void =>
      registerTotal(registers, { name, help, read });
    counter(
      'millpond_readings_total',
      'Readings decoded. What is stored of them is millpond_commit_batch_readings_sum.',
      () => this.#readings,
    );
    counter(
      'millpond_commit_failures_total',
      'Commits that failed and were tried again. Nothing is lost by it; look at the disk (millpond_log_disk_state).',
      () => this.#failures,
    );
    counter(
      'millpond_dead_letters_trimmed_total',
      'Dead letters that went to make room: look at them sooner, or raise log.deadLettersMax.',
      () => this.#trimmed,
    );
    counter(
      'millpond_sealed_readings_total',
      'Readings moved from hot tables to segments.',
      () => this.#sealedReadings,
    );
    counter('millpond_sealed_bytes_total', 'Bytes of segments written.', () => this.#sealedBytes);
    counter(
      'millpond_expired_segments_total',
      'Segments that retention dropped.',
      () => this.#expiredSegments,
    );
    counter(
      'millpond_expired_readings_total',
      'Readings that retention dropped, read or not; those that a consumer had not read are in millpond_losses_total.',
      () => this.#expiredReadings,
    );
    counter(
      'millpond_sparkplug_rebirths_total',
      'Commands to Sparkplug nodes that asked for their births. Again and again: a node does not answer them.',
      () => this.#births,
    );
  }

  decoded(decoded: Decoded): void {
    this.#readings += decoded.readings.length;
    for (const reason of decoded.dropped) this.#dropped.add(reason);
    if (decoded.deadLetter !== null) {
      this.#deadLetters.add(decoded.deadLetter.reason);
      this.#messages.add(decoded.readings.length > 0 ? 'partly_readings' : 'dead_letter');
    } else {
      this.#messages.add(decoded.readings.length > 0 ? 'readings' : 'ignored');
    }
  }

  /** Bytes of a message's payload, as it was taken. */
  accepted(payloadBytes: number): void {
    this.#payloadBytes += payloadBytes;
  }

  get payloadBytes(): number {
    return this.#payloadBytes;
  }

  get readingsDecoded(): number {
    return this.#readings;
  }

  /** Readings made durable. */
  get readingsStored(): number {
    return this.#stored;
  }

  committed({ rows, ms }: { rows: number; ms: number }): void {
    this.#stored += rows;
    this.#recentMs[this.#commits % RECENT_COMMITS] = ms;
    this.#commits += 1;
    this.#commitSeconds.observe(ms / 1000);
    this.#commitReadings.observe(rows);
  }

  failing(isFailing: boolean): void {
    if (isFailing) this.#failures += 1;
  }

  sealed({ rows, bytes, ms }: { rows: number; bytes: number; ms: number }): void {
    this.#sealedReadings += rows;
    this.#sealedBytes += bytes;
    this.#sealSeconds.observe(ms / 1000);
  }

  expired(segments: number, readings: number): void {
    this.#expiredSegments += segments;
    this.#expiredReadings += readings;
  }

  askedForBirth(): void {
    this.#births += 1;
  }

  trimmedDeadLetters(count: number): void {
    this.#trimmed += count;
  }

  /** Of the last thousand commits, milliseconds. */
  commitMs(): { commits: number; p50: number; p99: number } {
    const recent = this.#recentMs.slice(0, Math.min(this.#commits, RECENT_COMMITS)).sort();
    const at = (share: number): number => recent[Math.floor(recent.length * share)] ?? 0;
    return { commits: this.#commits, p50: at(0.5), p99: at(0.99) };
  }

  /** Prometheus' text format. */
  text(status: LogStatus, groups: readonly GroupStatus[]): Promise<string> {
    this.#gauges.set(status);
    this.#groups.set(groups);
    return this.#registry.metrics();
  }

  notes(): MetricNote[] {
    return noteMetrics(this.#registry);
  }
}
