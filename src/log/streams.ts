// The streams of a log: those in the config, and those that are still stored though the config no
// longer names them, which are read and kept but not written.

import { MillpondError } from '../core/errors.ts';
import { DEFAULT_STREAM } from '../core/stream-config.ts';
import type { StreamState } from './stream-state.ts';

export class Streams {
  readonly #byName = new Map<string, StreamState>();
  readonly #byId = new Map<number, StreamState>();

  get all(): readonly StreamState[] {
    return [...this.#byId.values()];
  }

  get default(): StreamState {
    return this.get('');
  }

  add(stream: StreamState): void {
    this.#byName.set(stream.name, stream);
    this.#byId.set(stream.id, stream);
  }

  byId(id: number): StreamState {
    const stream = this.#byId.get(id);
    if (stream === undefined) throw new RangeError(`there is no stream number ${id}`);
    return stream;
  }

  /** Throws STREAM_UNKNOWN. An empty name means the default stream. */
  get(name: string): StreamState {
    const stream = this.#byName.get(name === '' ? DEFAULT_STREAM : name);
    if (stream !== undefined) return stream;
    const shown = JSON.stringify(name.slice(0, 80));
    throw new MillpondError('STREAM_UNKNOWN', `There is no stream ${shown}.`);
  }
}
