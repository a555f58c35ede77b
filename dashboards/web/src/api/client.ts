// Requests to the gateway's REST API, below the address that the page came from. An error is a
// Problem (the gateway says what is wrong and what to do) or ConnectionLost.
import { reportAnswer, reportLost, reportWaiting } from './connection.ts';

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly remedy: string;

  constructor(status: number, told: { detail?: string; code?: string; remedy?: string }) {
    super(told.detail ?? `The gateway answered with ${status}.`);
    this.status = status;
    this.code = told.code ?? '';
    this.remedy = told.remedy ?? '';
  }
}

export class ConnectionLost extends Error {
  constructor() {
    super('The gateway does not answer.');
  }
}

export type Query = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

const TIMEOUT_MS = 15_000;

/** Below `api/v1/`; undefined and empty parameters are left out. */
export function apiUrl(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const values = Array.isArray(value) ? value : [value];
    for (const each of values) {
      if (each !== undefined && each !== '') parameters.append(name, String(each));
    }
  }
  const text = parameters.toString();
  return `api/v1/${path}${text === '' ? '' : `?${text}`}`;
}

/** Throws Problem or ConnectionLost; the signal's own reason when it was aborted. */
export async function getJson<Answer>(
  path: string,
  query: Query,
  signal: AbortSignal,
): Promise<Answer> {
  return request<Answer>(apiUrl(path, query), {}, signal);
}

/** Throws as `getJson`. */
export async function postJson<Answer>(
  path: string,
  body: object,
  signal: AbortSignal,
): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return request<Answer>(
    apiUrl(path),
    { method: 'POST', headers, body: JSON.stringify(body) },
    signal,
  );
}

async function request<Answer>(
  url: string,
  init: RequestInit,
  signal: AbortSignal,
): Promise<Answer> {
  let response: Response;
  let text: string;
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    response = await fetch(url, { ...init, signal: within, cache: 'no-store' });
    text = await response.text();
  } catch {
    signal.throwIfAborted();
    reportLost();
    throw new ConnectionLost();
  }
  if (response.ok) {
    reportAnswer();
    return JSON.parse(text) as Answer;
  }
  throw failureOf(response, text);
}

function failureOf(response: Response, text: string): Error {
  const isProblem = response.headers.get('content-type')?.includes('json') ?? false;
  // A proxy in front says so when there is no gateway behind it.
  if (!isProblem && response.status >= 502) {
    reportLost();
    return new ConnectionLost();
  }
  const problem = new Problem(response.status, isProblem ? JSON.parse(text) : {});
  if (response.status === 503) reportWaiting(problem.message);
  else reportAnswer();
  return problem;
}
