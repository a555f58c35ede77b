// The log's state for status and metrics: what the log knows, how fast it changes, and when consumers
// begin to lose what they have not read.

import { steadyClock } from '../core/clock.ts';
import type { DiskState } from '../core/disk-state.ts';
import type { ConsumerStatus, LogStatus, StreamStatus } from '../core/log-inspection.ts';
import { type DiskSpace, readDiskSpace } from '../observability/disk-io.ts';
import type { LogMetrics } from '../observability/log-metrics.ts';
import { secondsToFull } from './disk-forecast.ts';
import { diskFaultOf } from './disk-space.ts';
import type { Log } from './log.ts';
import type { LogOptions } from './log-options.ts';
import { type ForecastStream, forecastLosses, type Span } from './loss-forecast.ts';
import { OldestUnread } from './oldest-unread.ts';
import { positionKey } from './position.ts';
import { Rates } from './rates.ts';
import { HOT_ROW_BYTES, limitOf } from './retention/retention-plan.ts';
import type { StreamState } from './stream-state.ts';

const SAMPLE_INTERVAL_MS = 5000;
const MICROSECONDS_PER_SECOND = 1_000_000;
const NEW_LETTERS_OVER_US = 15 * 60 * MICROSECONDS_PER_SECOND;

export interface LogReportParts {
  readonly log: Log;
  readonly metrics: LogMetrics;
  readonly options: Pick<LogOptions, 'directory' | 'bytesMax' | 'diskFreeBytesMin' | 'clock'>;
  /** What the start found and put right. */
  readonly recoveryFindings: number;
}

export class LogReport {
  readonly #parts: LogReportParts;
  readonly #streamRates = new Rates(steadyClock);
  readonly #consumerRates = new Rates(steadyClock);
  readonly #oldestUnread: OldestUnread;

  constructor(parts: LogReportParts) {
    this.#parts = parts;
    this.#oldestUnread = new OldestUnread(parts.log);
    this.#sample();
    setInterval(() => this.#sample(), SAMPLE_INTERVAL_MS).unref();
  }

  async status(): Promise<LogStatus> {
    const { log, metrics, options } = this.#parts;
    await this.#oldestUnread.refresh(log.positions());
    const { commits, p50, p99 } = metrics.commitMs();
    const letters = log.deadLetters;
    const streams = log.streams.all.map((stream) => this.#streamStatus(stream));
    const space = readDiskSpace(options.directory);
    return {
      nowUs: options.clock(),
      problem: log.problem?.message ?? null,
      streams,
      consumers: this.#consumers(streams, space),
      deadLetters: letters.count,
      deadLetterBytes: letters.bytes,
      newDeadLetters: letters.newCount(options.clock(), NEW_LETTERS_OVER_US),
      series: log.series.count,
      devices: log.series.deviceCount,
      producers: {
        count: log.producers.count,
        forgotten: log.producers.forgotten,
        duplicates: log.producers.duplicates,
      },
      staleDevices: log.devices.staleCount(options.clock()),
      ...log.sizes(),
      commits,
      commitMsP50: p50,
      commitMsP99: p99,
      payloadBytes: metrics.payloadBytes,
      readingsDecoded: metrics.readingsDecoded,
      readings: metrics.readingsStored,
      lost: Object.fromEntries(log.losses.byReason()),
      lostAtUs: Object.fromEntries(log.losses.lastAtUs()),
      disk: {
        ...space,
        state: this.#diskState(space),
        fullAtUs: this.#fullAtUs(streams, space),
      },
      recoveryFindings: this.#parts.recoveryFindings,
    };
  }

  #diskState({ freeBytes, sizeBytes }: DiskSpace): DiskState {
    const { log, options } = this.#parts;
    if (log.problem !== null) return diskFaultOf(log.problem);
    return sizeBytes > 0 && freeBytes < options.diskFreeBytesMin ? 'full' : 'ok';
  }

  #fullAtUs(streams: readonly StreamStatus[], { freeBytes, sizeBytes }: DiskSpace): number | null {
    if (sizeBytes === 0) return null;
    const { options } = this.#parts;
    const seconds = secondsToFull(
      streams.map(({ sealedBytes, rollupBytes, hotBytes, bytesPerSecond, retention }) => ({
        bytes: sealedBytes + rollupBytes + hotBytes,
        bytesPerSecond,
        retention,
      })),
      {
        diskBytes: freeBytes - options.diskFreeBytesMin,
        logBytes:
          options.bytesMax > 0 ? options.bytesMax - this.#usedBytes() : Number.POSITIVE_INFINITY,
      },
    );
    if (seconds === null) return null;
    return Math.round(options.clock() + seconds * MICROSECONDS_PER_SECOND);
  }

  #usedBytes(): number {
    const { log } = this.#parts;
    const { databaseBytes, walBytes, segmentBytes } = log.sizes();
    const rollups = log.streams.all.reduce((sum, { rollupBytes }) => sum + rollupBytes, 0);
    return databaseBytes + walBytes + segmentBytes + rollups;
  }

  // Streams and consumers are bounded by the config, and so is what is kept of each here.
  #sample(): void {
    const { log } = this.#parts;
    for (const { name, highWatermark } of log.streams.all) {
      this.#streamRates.observe(name, highWatermark);
    }
    const positions = log.positions();
    for (const position of positions) {
      const { nextOffset, revision } = position;
      this.#consumerRates.observe(positionKey(position), nextOffset, revision);
    }
    this.#consumerRates.keepOnly(new Set(positions.map(positionKey)));
  }

  #streamStatus(stream: StreamState): StreamStatus {
    const { retention, onFull } = stream.settings;
    const sealedBytes = stream.segments.bytes;
    const hotBytes = this.#hotBytes(stream);
    const kept = stream.highWatermark - stream.lowWatermark;
    const readingsPerSecond = this.#streamRates.perSecond(stream.name);
    // What comes in is sealed sooner or later.
    const sealed = kept - stream.hotRows;
    const perReading = sealed > 0 ? sealedBytes / sealed : HOT_ROW_BYTES;
    return {
      stream: stream.name,
      lowWatermark: stream.lowWatermark,
      highWatermark: stream.highWatermark,
      sealedBytes,
      rollupBytes: stream.rollupBytes,
      hotBytes,
      segments: stream.segments.all.length,
      retention,
      onFull,
      isFull: stream.isFull,
      readingsPerSecond,
      bytesPerSecond: readingsPerSecond * perReading,
    };
  }

  /** Its share of the database, by rows. */
  #hotBytes({ hotRows }: StreamState): number {
    if (hotRows === 0) return 0;
    const { log } = this.#parts;
    const { databaseBytes, walBytes } = log.sizes();
    const all = log.streams.all.reduce((sum, stream) => sum + stream.hotRows, 0);
    return Math.round(((databaseBytes + walBytes) * hotRows) / all);
  }

  #consumers(streams: readonly StreamStatus[], space: DiskSpace): ConsumerStatus[] {
    const positions = this.#parts.log.positions();
    const directory = this.#directoryRoom(streams, space);
    return streams.flatMap((stream) => {
      const ofStream = positions.filter((position) => position.stream === stream.stream);
      if (ofStream.length === 0) return [];
      const forecast = forecastLosses(this.#forecastStream(stream, directory));
      return ofStream.map((position) => {
        const { nextOffset, consumer, committedAtUs, kind } = position;
        const readingsPerSecond = this.#consumerRates.perSecond(positionKey(position));
        return {
          stream: stream.stream,
          consumer,
          isGroup: kind === 'group',
          nextOffset,
          committedAtUs,
          oldestUnreadUs: this.#oldestUnread.receivedAtUs(position),
          readingsPerSecond,
          losesDataAtUs: forecast({ nextOffset, readingsPerSecond }),
          isProtected: stream.retention.protect.includes(consumer),
        };
      });
    });
  }

  #forecastStream(status: StreamStatus, directory: ForecastStream['directory']): ForecastStream {
    const { log, options } = this.#parts;
    const state = log.stream(status.stream);
    const nowUs = options.clock();
    const sealed = state.segments.all.map(
      ({ first, next, bytes, lastReceivedUs }): Span => ({
        firstOffset: first,
        nextOffset: next,
        bytes,
        lastReceivedUs,
      }),
    );
    // As retention counts it: the database has a least size, whatever is in it.
    const limit = limitOf(state.settings);
    const hotBytes = limit === 0 ? status.hotBytes : Math.min(status.hotBytes, limit / 2);
    const hot = state.hot.map(
      ({ first, next }): Span => ({
        firstOffset: first,
        nextOffset: next,
        bytes: (hotBytes * (next - first)) / state.hotRows,
        lastReceivedUs: nowUs,
      }),
    );
    return {
      ...status,
      spans: [...sealed, ...hot],
      refusesWhenFull: status.onFull === 'refuse',
      protectedFrom: log.protectedFrom(state),
      directory,
      nowUs,
    };
  }

  /** What may still be written: by log.bytesMax, and by what the disk has free beyond its least. */
  #directoryRoom(
    streams: readonly StreamStatus[],
    { freeBytes, sizeBytes }: DiskSpace,
  ): ForecastStream['directory'] {
    const { options } = this.#parts;
    const rooms = [
      ...(options.bytesMax > 0 ? [options.bytesMax - this.#usedBytes()] : []),
      ...(sizeBytes > 0 ? [freeBytes - options.diskFreeBytesMin] : []),
    ];
    if (rooms.length === 0) return null;
    const bytesPerSecond = streams.reduce((sum, stream) => sum + stream.bytesPerSecond, 0);
    return { roomBytes: Math.max(0, Math.min(...rooms)), bytesPerSecond };
  }
}
