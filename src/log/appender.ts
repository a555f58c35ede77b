// From a decoded message to the commit that is being filled: every reading gets its stream, its
// series and its offset. What a full stream does not take is refused whole, or is a loss.

import type { Decoded } from '../core/contracts.ts';
import { MillpondError } from '../core/errors.ts';
import type { RawMessage } from '../core/raw-message.ts';
import type { DecodedReading } from '../core/reading.ts';
import type { DeviceState } from './device-state.ts';
import { encodeParts } from './letter-parts.ts';
import type { LogOptions } from './log-options.ts';
import type { Loss } from './loss-book.ts';
import { deadLetterOf, type Pending } from './pending.ts';
import type { SeriesTable } from './series-table.ts';
import { StreamRouter } from './stream-router.ts';
import type { StreamState } from './stream-state.ts';
import type { Streams } from './streams.ts';

export interface AppenderParts {
  /** What the next commit will take. */
  readonly pending: () => Pending;
  readonly series: SeriesTable;
  readonly devices: DeviceState;
  readonly streams: Streams;
  readonly options: Pick<LogOptions, 'streams' | 'seriesMax' | 'commitIntervalMs' | 'clock'>;
}

export class Appender {
  readonly #parts: AppenderParts;
  readonly #router: StreamRouter;
  readonly #canRefuse: boolean;

  constructor(parts: AppenderParts) {
    this.#parts = parts;
    this.#router = new StreamRouter(parts.options.streams);
    this.#canRefuse = parts.options.streams.some(({ onFull }) => onFull === 'refuse');
  }

  /** Throws STREAM_FULL, and takes nothing of the message, if it is one that may be refused. */
  append(message: RawMessage, decoded: Decoded): void {
    const readings = this.#withRoom(message, decoded.readings);
    const pending = this.#parts.pending();
    let why: { reason: string; detail: string } | null = decoded.deadLetter;
    let counted = decoded.readings;
    for (const [index, reading] of readings.entries()) {
      const series = this.#parts.series.idOf(reading, message.source);
      if (series < 0) {
        const detail = `more than ${this.#parts.options.seriesMax} series`;
        why ??= { reason: 'series_limit', detail };
        counted = readings.slice(0, index);
        break;
      }
      this.#parts.devices.setProfile(series, decoded.profile);
      const stream = this.#streamOf(message, reading);
      pending.builder(stream.id).add(stream.nextOffset, series, reading, message.receivedAtUs);
      stream.nextOffset += 1;
      const { commitIntervalMs } = stream.settings;
      if (commitIntervalMs !== null && commitIntervalMs < pending.commitIntervalMs) {
        pending.commitIntervalMs = commitIntervalMs;
      }
    }
    if (why === null) return;
    const { profile } = decoded;
    const parts = encodeParts(counted);
    pending.deadLetters.push(deadLetterOf(message, { profile, ...why, parts }));
  }

  recordLoss(loss: Pick<Loss, 'stream' | 'count' | 'reason' | 'detail'>): void {
    const { losses } = this.#parts.pending();
    const atUs = this.#parts.options.clock();
    const at = losses.findIndex(
      ({ stream, reason, firstOffset }) =>
        firstOffset < 0 && stream === loss.stream && reason === loss.reason,
    );
    const known = losses[at];
    const whole = { ...loss, firstOffset: -1, lastOffset: -1, atUs };
    if (known === undefined) losses.push(whole);
    else losses[at] = { ...whole, count: known.count + loss.count };
  }

  #withRoom(message: RawMessage, readings: readonly DecodedReading[]): readonly DecodedReading[] {
    const isTaken = (reading: DecodedReading) => !this.#streamOf(message, reading).isFull;
    if (!this.#canRefuse || readings.every(isTaken)) return readings;
    const refused = readings.filter((reading) => !isTaken(reading));
    if (message.isRefusable === true) {
      throw this.#refusal(message, refused[0] as DecodedReading);
    }
    for (const reading of refused) {
      const stream = this.#streamOf(message, reading).name;
      const detail = 'the stream was full, and the publisher could not be told';
      this.recordLoss({ stream, count: 1, reason: 'stream_full', detail });
    }
    return readings.filter(isTaken);
  }

  #streamOf(message: RawMessage, reading: DecodedReading): StreamState {
    const index = this.#router.route(message.topic, reading.device, reading.metric);
    const name = index < 0 ? '' : (this.#parts.options.streams[index]?.name ?? '');
    return this.#parts.streams.get(name);
  }

  #refusal(message: RawMessage, reading: DecodedReading): MillpondError {
    const { name, settings } = this.#streamOf(message, reading);
    return new MillpondError(
      'STREAM_FULL',
      `The stream ${name} is at its limit of ${settings.retention.hardBytes} bytes and takes nothing more.`,
    );
  }
}
