// Requests over HTTP under OpenTelemetry's name and labels (http.server.request.duration), as its
// Prometheus exporters write it. Every label has its values out of a list, whoever asks for what.

import { Histogram, type Registry } from 'prom-client';
import { OTHER } from './counts.ts';

/** Fewer than the convention advises: there are as many for each route and status. */
const SECONDS_BUCKETS = [0.005, 0.025, 0.1, 0.5, 2.5, 10];

/** Those that the convention knows, and its name for all others. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'];
const OTHER_METHOD = '_OTHER';

export interface HttpExchange {
  readonly method: string;
  /** As the server's own table has it, with names for what differs; null for a path that is not in it. */
  readonly route: string | null;
  /** Null where the client was gone before there was one. */
  readonly status: number | null;
  readonly seconds: number;
}

export class HttpMetrics {
  readonly #duration: Histogram;

  constructor(registers: Registry[]) {
    this.#duration = new Histogram({
      name: 'http_server_request_duration_seconds',
      help: 'From a request over HTTP to the end of its answer, waiting for its turn and sending included; followers of /api/v1/live and WebSockets are no such requests. A status of 429 says that http.requestsMax and http.waitingMax are reached; none, that the client went before.',
      labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
      buckets: SECONDS_BUCKETS,
      registers,
    });
  }

  answered({ method, route, status, seconds }: HttpExchange): void {
    const labels = {
      http_request_method: methods.includes(method) ? method : OTHER_METHOD,
      http_route: route ?? OTHER,
      ...(status === null ? {} : { http_response_status_code: status }),
    };
    this.#duration.observe(labels, seconds);
  }
}
