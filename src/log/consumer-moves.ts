// Moves and deletes consumers and groups: they share their names, and so the way in. Durable when a
// call resolves.

import type { StartRequest } from '../core/contracts.ts';
import { MillpondError } from '../core/errors.ts';
import type { ConsumerName } from '../core/log-inspection.ts';
import type { Groups } from './groups/groups.ts';
import type { Log } from './log.ts';
import { startOffset } from './start-offset.ts';
import type { StreamState } from './stream-state.ts';

export class ConsumerMoves {
  readonly #log: Log;
  readonly #groups: Pick<Groups, 'has' | 'seek' | 'remove'>;

  constructor(log: Log, groups: Pick<Groups, 'has' | 'seek' | 'remove'>) {
    this.#log = log;
    this.#groups = groups;
  }

  /** Throws STREAM_UNKNOWN, OFFSET_BEYOND_END, and as `PositionCommits.seek`. */
  async seek({ stream: name, consumer, start }: StartRequest): Promise<void> {
    const stream = this.#log.stream(name);
    await this.#move(stream, consumer, await startOffset(this.#log, stream, start));
  }

  /** Back to the oldest reading kept. Throws CONSUMER_UNKNOWN, and as `seek`. */
  async reset({ stream: name, consumer }: ConsumerName): Promise<void> {
    const stream = this.#log.stream(name);
    const isGroup = this.#groups.has(stream, consumer);
    if (!isGroup && this.#log.consumers.position(stream, consumer) === null) {
      const text = `Stream ${stream.name} has no consumer named ${consumer}.`;
      throw new MillpondError('CONSUMER_UNKNOWN', text);
    }
    await this.#move(stream, consumer, stream.lowWatermark);
  }

  /** Throws STREAM_UNKNOWN, and as `PositionCommits.remove`. */
  async delete({ stream: name, consumer }: ConsumerName): Promise<void> {
    const stream = this.#log.stream(name);
    if (this.#groups.has(stream, consumer)) await this.#groups.remove(name, consumer);
    else await this.#log.consumers.remove(stream, consumer);
  }

  async #move(stream: StreamState, consumer: string, nextOffset: number): Promise<void> {
    if (this.#groups.has(stream, consumer)) {
      await this.#groups.seek(stream.name, consumer, nextOffset);
    } else {
      await this.#log.consumers.seek(stream, consumer, nextOffset);
    }
  }
}
