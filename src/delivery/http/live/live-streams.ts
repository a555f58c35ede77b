// The followers over HTTP: each is a subscription like one over gRPC, fed from the same feeds, whose
// messages are the text of server-sent events. They are counted, bounded, and ended when the gateway
// stops.

import type { ServerResponse } from 'node:http';
import type { LogReader, ReadingFilter } from '../../../core/contracts.ts';
import { MillpondError } from '../../../core/errors.ts';
import { CallSet } from '../../call-set.ts';
import { Subscription, type SubscriptionParts } from '../../subscription.ts';
import { securityHeaders } from '../security.ts';
import { LiveSink } from './live-sink.ts';
import { droppedText, helloText, LIVE_FETCH_BYTES_MAX } from './live-text.ts';

const BATCH_READINGS_MAX = 1000;
/** How long a client that was cut off has to take the notice of it, and all when the gateway stops. */
const GOODBYE_MS = 500;

export interface LiveParts
  extends Pick<
    SubscriptionParts,
    'feeds' | 'budget' | 'events' | 'clock' | 'progressIntervalMs' | 'delivered'
  > {
  readonly log: Pick<LogReader, 'fetch' | 'resolveStart'>;
  readonly followersMax: number;
  /** A client that takes longer for what it is sent is cut off. */
  readonly stallTimeoutMs: number;
  /** For tests: how long a client has to take the last that it is sent. */
  readonly goodbyeMs?: number;
}

export interface LiveRequest {
  readonly stream: string;
  readonly filter: ReadingFilter | null;
  /** The offset of the last reading that the client has, -1 before the first; null to begin at the end. */
  readonly lastOffset: number | null;
}

/** Written past the hooks of other answers. */
const headers = {
  ...securityHeaders,
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies that gather a response before they pass it on would hold back every event.
  'x-accel-buffering': 'no',
  // Without a length or chunks the body ends with the connection: the bytes of a message are the same
  // for all, with nothing around them.
  connection: 'close',
} as const;

export class LiveStreams {
  readonly #parts: LiveParts;
  readonly #calls = new CallSet();
  readonly #running = new Set<Promise<void>>();
  #dropped = 0;

  constructor(parts: LiveParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#calls.count;
  }

  /** How many were cut off since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Checks the request and opens the log's end of it: throws LIVE_LIMIT, and what resolveStart throws.
   * The caller then begins its response with `run`, once.
   */
  async open(request: LiveRequest): Promise<LiveStream> {
    const { followersMax, log } = this.#parts;
    if (this.count >= followersMax) {
      throw new MillpondError(
        'LIVE_LIMIT',
        `${this.count} followers are connected, which is all that are allowed.`,
      );
    }
    const controller = new AbortController();
    this.#calls.add(controller);
    const leave = (): void => this.#calls.delete(controller);
    const { stream, lastOffset } = request;
    const start: Parameters<LogReader['resolveStart']>[0]['start'] =
      lastOffset === null ? { kind: 'latest' } : { kind: 'offset', offset: lastOffset + 1 };
    try {
      const range = await log.resolveStart({ stream, consumer: '', start });
      return {
        run: (response) => {
          const running = this.#follow({ ...request, ...range }, response, controller);
          this.#running.add(running);
          void running.finally(() => {
            this.#running.delete(running);
            leave();
          });
        },
      };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Ends every response; resolves when their clients have what was sent, or soon after. */
  async stop(): Promise<void> {
    this.#calls.abortAll(new MillpondError('LOG_STOPPING', 'The gateway is stopping.'));
    await Promise.all(this.#running);
  }

  /** Never rejects: a client comes back by itself and is then told what is wrong. */
  async #follow(
    { stream, filter, from, highWatermark }: LiveRequest & { from: number; highWatermark: number },
    response: ServerResponse,
    controller: AbortController,
  ): Promise<void> {
    const { signal } = controller;
    if (response.closed || response.destroyed) return;
    let isSlow = false;
    response.on('close', () => controller.abort());
    response.on('error', () => controller.abort());
    const sink = new LiveSink(response, {
      stallTimeoutMs: this.#parts.stallTimeoutMs,
      stalled: () => {
        isSlow = true;
        controller.abort();
      },
      signal,
    });
    response.removeHeader('transfer-encoding');
    response.writeHead(200, headers);
    response.write(helloText(from));
    const parts = { ...this.#parts, fetchBytesMax: LIVE_FETCH_BYTES_MAX, sink, signal };
    const subscription = new Subscription(parts, {
      ...{ stream, filter, from, highWatermark },
      until: null,
      format: 'sse',
      batchReadingsMax: BATCH_READINGS_MAX,
    });
    await subscription.run().catch(() => undefined);
    if (isSlow) this.#dropped += 1;
    const { goodbyeMs = GOODBYE_MS } = this.#parts;
    await goodbye(response, isSlow ? droppedText(stream, 'slow_client') : '', goodbyeMs);
  }
}

export interface LiveStream {
  run(response: ServerResponse): void;
}

/** Ends the response; what its client has not taken soon after goes with the connection. */
function goodbye(response: ServerResponse, text: string, ms: number): Promise<void> {
  if (response.closed || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => response.destroy(), ms);
    response.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    response.end(text);
  });
}
