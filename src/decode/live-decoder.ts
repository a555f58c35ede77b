// The decoder that runs: its profiles can be loaded anew while messages come. A new set is taken as a
// whole or not at all, and what was remembered of messages before it stays. Only changed files are parsed,
// one in a turn of the event loop, so that messages and commits go on meanwhile.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Decoded, Decoder } from '../core/contracts.ts';
import { MillpondError } from '../core/errors.ts';
import type { RawMessage } from '../core/raw-message.ts';
import type { SerialPortConfig } from '../core/serial-config.ts';
import { createDecoder } from './decoder.ts';
import { DecoderMemory } from './decoder-memory.ts';
import type { LoadOptions } from './load-profiles.ts';
import { type LoadedProfiles, loadInSteps, loadProfiles } from './load-profiles.ts';
import { formatProfileError } from './parse-profile.ts';
import { ParsedFiles } from './parsed-files.ts';
import { decodePorts } from './serial-ports.ts';

export interface LiveDecoderOptions extends LoadOptions {
  readonly ports: readonly SerialPortConfig[];
  readonly maxClockSkewUs: number;
}

/** An error's message goes over gRPC and into the logger: so many lines of it, and how many more. */
const problemsShownMax = 20;

interface Loaded {
  readonly decoder: Decoder;
  readonly profiles: number;
  readonly problems: readonly string[];
}

export class LiveDecoder implements Decoder {
  readonly #options: LiveDecoderOptions;
  readonly #memory = new DecoderMemory();
  readonly #parsed = new ParsedFiles();
  /** One reload at a time: each takes the files as they are when its turn has come. */
  #last: Promise<unknown> = Promise.resolve();
  #decoder: Decoder;
  /** What is wrong with the files of the start; their profiles are left out. */
  readonly problems: readonly string[];

  constructor(options: LiveDecoderOptions) {
    this.#options = options;
    const { decoder, problems } = this.#build(loadProfiles(options, this.#parsed));
    this.#decoder = decoder;
    this.problems = problems;
  }

  decode(message: RawMessage): Decoded {
    return this.#decoder.decode(message);
  }

  /**
   * Reads all files again and decodes by them once it resolves, with the number of profiles. Throws
   * PROFILE_INVALID with every problem if there is one, and everything stays as it was.
   */
  reload(): Promise<number> {
    const reloaded = this.#last.then(() => this.#reload());
    this.#last = reloaded.catch(() => undefined);
    return reloaded;
  }

  async #reload(): Promise<number> {
    const { decoder, profiles, problems } = this.#build(await this.#loadInTurns());
    if (problems.length > 0) {
      const shown = problems.slice(0, problemsShownMax);
      const more = problems.length - shown.length;
      const rest = more > 0 ? [`and ${more} more`] : [];
      const text = ['The profiles stay as they were.', ...shown, ...rest].join('\n');
      throw new MillpondError('PROFILE_INVALID', text);
    }
    this.#decoder = decoder;
    return profiles;
  }

  async #loadInTurns(): Promise<LoadedProfiles> {
    const steps = loadInSteps(this.#options, this.#parsed);
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
      await nextTurn();
    }
  }

  #build({ profiles, errors }: LoadedProfiles): Loaded {
    const { ports, maxClockSkewUs } = this.#options;
    const { options, problems } = decodePorts(ports, profiles);
    return {
      decoder: createDecoder({ profiles, ...options, maxClockSkewUs, memory: this.#memory }),
      profiles: profiles.length,
      problems: [...errors.map(formatProfileError), ...problems],
    };
  }
}
