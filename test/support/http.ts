// The HTTP server without a gateway behind it, and requests as no proper client would send them.
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { GroupInspector } from '../../src/core/group.ts';
import type { LogInspector } from '../../src/core/log-inspection.ts';
import type { ApiParts } from '../../src/delivery/http/api/parts.ts';
import { liveEvents } from '../../src/delivery/http/live/live-text.ts';
import { type HttpParts, HttpServer } from '../../src/delivery/http/server.ts';
import { ReadAheadBudget } from '../../src/delivery/read-ahead-budget.ts';
import { StatusHistory } from '../../src/observability/status-history.ts';
import { portOf } from './gateway.ts';

const fails = (): Promise<never> => Promise.reject(new Error('no gateway behind it'));
const log = { resolveStart: fails, fetch: fails };

function noFeed(): never {
  throw new Error('no gateway behind it');
}

type Parts = Partial<Omit<HttpParts, 'api'>> & { readonly api?: Partial<ApiParts> };

/** Resolves with its address; it stops with the test. */
export async function startHttp(parts: Parts = {}): Promise<string> {
  return makeHttp(parts).start();
}

/** One that is not started; it stops with the test. */
export function makeHttp({ api, ...parts }: Parts = {}): HttpServer {
  const server = new HttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    connectionsMax: 100,
    hosts: [],
    pagesFolder: '/nonexistent',
    probes: {
      metrics: async () => '',
      metricsContentType: 'text/plain',
      problem: () => null,
      isAlive: () => true,
    },
    api: {
      version: '0.0.0',
      gatewayStatus: fails,
      history: new StatusHistory(fails),
      log: new Proxy({}, { get: () => fails }) as LogInspector,
      groups: new Proxy({}, { get: () => fails }) as GroupInspector,
      series: { readSeries: fails },
      readings: { readings: fails },
      clock: systemClock,
      ...api,
    },
    requestsMax: 10,
    waitingMax: 10,
    followersMax: 10,
    followerTimeoutMs: 10_000,
    live: {
      log,
      feeds: { join: noFeed },
      budget: new ReadAheadBudget(0),
      events: { rows: liveEvents, arrow: liveEvents, sse: liveEvents },
      clock: () => 0,
      progressIntervalMs: 5000,
      delivered: () => undefined,
    },
    answered: () => undefined,
    mqtt: {
      handle: (stream) => stream.destroy(),
      refusal: () => null,
      refused: () => undefined,
      frameBytesMax: 1024,
    },
    ...parts,
  });
  onTestFinished(() => server.stop());
  return server;
}

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The path as it stands: nothing is resolved or encoded, and any header may be set, Host too. */
export async function ask(address: string, path: string, asked: Asked = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = asked;
  const [host, port] = [address.slice(0, address.lastIndexOf(':')), portOf(address)];
  const sent = request({ host, port, path, method, headers, agent: false });
  sent.end(body);
  const [answer] = await once(sent, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

/** Bytes to a new connection, and all that comes back until it is closed. */
export async function askRaw(address: string, bytes: string): Promise<string> {
  const socket = connect(portOf(address), '127.0.0.1');
  socket.on('error', () => {});
  socket.end(bytes);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}
