// The HTTP way out: the dashboard, the REST interface, metrics and health on one server. Loopback
// unless the config says otherwise.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import {
  explainListenFailure,
  formatAddress,
  type ListenAddress,
} from '../../core/listen-address.ts';
import type { HttpExchange } from '../../observability/http-metrics.ts';
import { addApi } from './api/api.ts';
import type { ApiParts } from './api/parts.ts';
import { watchExchanges } from './exchanges.ts';
import { answerBadClient, sendFault } from './faults.ts';
import { type LiveParts, LiveStreams } from './live/live-streams.ts';
import { type MqttSocketParts, MqttSockets } from './mqtt/mqtt-sockets.ts';
import { addPages } from './pages.ts';
import { limitPipelining } from './pipelining.ts';
import { addProbes, type ProbeParts, probePaths } from './probes.ts';
import { RequestTurns } from './request-turns.ts';
import { checkHost, checkOrigin, ownNames, securityHeaders } from './security.ts';
import { answerUnknownPaths } from './unknown-path.ts';

export interface HttpParts {
  readonly listen: ListenAddress;
  /** Connections at one time; one more is closed at once. */
  readonly connectionsMax: number;
  /** Names of the gateway beside those that the machine has. */
  readonly hosts: readonly string[];
  /** The built dashboard; may be missing. */
  readonly pagesFolder: string;
  readonly probes: ProbeParts;
  readonly api: Omit<ApiParts, 'live' | 'turns'>;
  /** Requests of the REST interface at one time, and those that wait for their turn. */
  readonly requestsMax: number;
  readonly waitingMax: number;
  /** Followers at one time; one more is refused. */
  readonly followersMax: number;
  /** A follower that takes longer for what it is sent is cut off. */
  readonly followerTimeoutMs: number;
  readonly live: Omit<LiveParts, 'followersMax' | 'stallTimeoutMs'>;
  readonly mqtt: MqttSocketParts;
  /** How each request ended, but for followers that got what they asked for. */
  readonly answered: (exchange: HttpExchange) => void;
  /** For tests: how long a request may take to arrive. */
  readonly requestTimeoutMs?: number;
  /** For tests: how long a client may take nothing, and how long a turn may take. */
  readonly stallMsMax?: number;
  readonly turnMsMax?: number;
}

const BODY_BYTES_MAX = 64 * 1024;
/** Node's own limit for a request's line and headers; a path in it may be as long. */
const HEADER_BYTES_MAX = 16 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;
/** How long a connection is kept for the next request: longer than pages and Prometheus wait between two. */
const KEEP_ALIVE_MS = 72_000;

export class HttpServer {
  readonly #parts: HttpParts;
  readonly #app: FastifyInstance;
  readonly #live: LiveStreams;
  readonly #turns: RequestTurns;
  readonly #mqtt: MqttSockets;

  constructor(parts: HttpParts) {
    this.#parts = parts;
    const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = parts;
    this.#app = Fastify({
      logger: false,
      bodyLimit: BODY_BYTES_MAX,
      serverFactory: (answer) =>
        createServer(
          {
            maxHeaderSize: HEADER_BYTES_MAX,
            requestTimeout: requestTimeoutMs,
            headersTimeout: requestTimeoutMs,
            connectionsCheckingInterval: requestTimeoutMs / 2,
            keepAliveTimeout: KEEP_ALIVE_MS,
          },
          limitPipelining(answer),
        ),
      routerOptions: { maxParamLength: HEADER_BYTES_MAX },
      forceCloseConnections: true,
      frameworkErrors: sendFault,
      clientErrorHandler: answerBadClient,
    });
    this.#turns = new RequestTurns(parts);
    this.#live = new LiveStreams({
      ...parts.live,
      followersMax: parts.followersMax,
      stallTimeoutMs: parts.followerTimeoutMs,
    });
    const names = ownNames(parts.hosts);
    this.#mqtt = new MqttSockets(parts.mqtt, (request) => {
      checkHost(request, names);
      checkOrigin(request);
    });
    this.#app.server.maxConnections = parts.connectionsMax;
    this.#build(names);
  }

  /** Resolves with the real address. Throws PORT_IN_USE, PORT_DENIED or ADDRESS_UNUSABLE. */
  async start(): Promise<string> {
    const { listen } = this.#parts;
    await this.#app.ready();
    try {
      await this.#app.listen(listen);
    } catch (error) {
      throw explainListenFailure('http.listen', listen, error as Error);
    }
    const { port } = this.#app.server.address() as AddressInfo;
    return formatAddress({ ...listen, port });
  }

  get followers(): { readonly count: number; readonly dropped: number } {
    return this.#live;
  }

  /** Of the REST interface. */
  get requests(): { readonly running: number; readonly waiting: number } {
    return this.#turns;
  }

  /** Ends followers, lets other answers finish, then closes. */
  async stop(): Promise<void> {
    await this.#live.stop();
    this.#mqtt.close();
    await this.#app.close();
  }

  #build(names: ReadonlySet<string>): void {
    const app = this.#app;
    const { pagesFolder, probes, api } = this.#parts;
    app.setValidatorCompiler(validatorCompiler);
    // What is sent is held against its schema by the tests, and not again with every answer.
    app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
    app.setErrorHandler(sendFault);
    app.removeContentTypeParser('text/plain');
    watchExchanges(app, this.#parts.answered);
    app.addHook('onRequest', async (request, reply) => {
      reply.headers(securityHeaders);
      if (probePaths.includes(request.routeOptions.url ?? '')) return;
      checkHost(request, names);
      if (request.method !== 'GET' && request.method !== 'HEAD') checkOrigin(request);
    });
    answerUnknownPaths(app);
    addProbes(app, probes);
    addApi(app, { ...api, live: this.#live, turns: this.#turns });
    addPages(app, pagesFolder);
    this.#mqtt.attach(app.server);
  }
}
