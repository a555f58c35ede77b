// The OpenAPI document is valid, and it is true: every path in it is asked of a running gateway, and
// every answer, problems too, fits the schema that the document has for it.
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { MillpondClient } from '../../src/client/client.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { ask } from '../support/http.ts';
import { publishAll, rawRequest } from '../support/publish.ts';
import { connectTelemetry } from '../support/readings.ts';

interface Answers {
  readonly [status: string]: {
    readonly description: string;
    readonly content?: Readonly<Record<string, { readonly schema: object }>>;
  };
}

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly schema: object }[];
  readonly responses: Answers;
}

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** How each path is asked so that it has something to tell. A new path must be put in here. */
const questions: Readonly<Record<string, readonly (string | { readonly body: unknown })[]>> = {
  '/api/v1/status': ['/api/v1/status'],
  '/api/v1/status/history': ['/api/v1/status/history?range=24h'],
  '/api/v1/devices': ['/api/v1/devices', '/api/v1/devices?limit=1&sort=lastSeen&search=t'],
  '/api/v1/devices/{device}': ['/api/v1/devices/attic'],
  '/api/v1/latest': ['/api/v1/latest'],
  '/api/v1/streams': ['/api/v1/streams'],
  '/api/v1/consumers': ['/api/v1/consumers'],
  '/api/v1/groups': ['/api/v1/groups'],
  '/api/v1/groups/{stream}/{group}/members': ['/api/v1/groups/readings/mill/members'],
  '/api/v1/groups/{stream}/{group}/dead-letters': ['/api/v1/groups/readings/mill/dead-letters'],
  '/api/v1/dead-letters': ['/api/v1/dead-letters'],
  '/api/v1/dead-letters/{id}': ['/api/v1/dead-letters/1'],
  '/api/v1/dead-letters/reprocess': [{ body: {} }],
  '/api/v1/losses': ['/api/v1/losses'],
  '/api/v1/live': ['/api/v1/live?stream=readings'],
  '/api/v1/series': ['/api/v1/series?device=attic&from=-1h'],
  '/api/v1/readings': ['/api/v1/readings?limit=2', '/api/v1/readings?format=csv'],
};

const folder = makeFolder('openapi');
let gateway: GatewayProcess;
let client: MillpondClient;
let document: OpenApi;
let http: string;
const stop = new AbortController();
let working: Promise<void>;

beforeAll(async () => {
  gateway = await startGateway(folder, { MILLPOND_LOG_DEAD_LETTERS_MAX: '2' });
  http = gateway.addresses.http;
  document = JSON.parse((await ask(http, '/api/v1/openapi.json')).body);
  client = new MillpondClient(gateway.addresses.grpc);
  const telemetry = connectTelemetry(gateway.addresses.grpc);
  const broken = [1, 2, 3].map(() => rawRequest('broken', '{bad'));
  await publishAll(telemetry, broken);
  telemetry.close();
  await client.publish([
    { device: 'attic', metric: 'temperature', value: 20.5, unit: 'Cel' },
    { device: 'attic', metric: 'state', value: 'warm' },
    { device: 'cellar', channel: 'b', metric: 'temperature', value: 8 },
  ]);
  await client.commit('reader', 1);
  let isStarted = (): void => undefined;
  const started = new Promise<void>((resolve) => {
    isStarted = resolve;
  });
  working = client.work({ group: 'mill', deliveriesMax: 1, signal: stop.signal }, async () => {
    isStarted();
    throw new Error('the wheel is stuck');
  });
  await started;
  await vi.waitFor(async () => {
    const { body } = await ask(http, '/api/v1/groups/readings/mill/dead-letters');
    expect(body).toContain('"deadLetters":[{');
  });
});

afterAll(async () => {
  stop.abort();
  await working;
  client.close();
  await gateway.kill();
  removeFolder(folder);
});

const json = { 'content-type': 'application/json' };

/** By the document alone: the schema of the status, or else of any other. */
function check(answers: Answers, { status, type, body }: Told): void {
  const content = (answers[String(status)] ?? answers.default)?.content ?? {};
  expect(Object.keys(content)).toContain(type);
  if (!type.endsWith('json')) return;
  const schema = content[type]?.schema as Parameters<typeof z.fromJSONSchema>[0];
  const judged = z.fromJSONSchema(schema).safeParse(JSON.parse(body));
  expect(judged.error?.issues ?? []).toEqual([]);
}

interface Told {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function tell(path: string, asked: RequestInit = {}): Promise<Told> {
  const answer = await fetch(`http://${http}${path}`, asked);
  const [type = ''] = (answer.headers.get('content-type') ?? '').split(';');
  const isEndless = type === 'text/event-stream';
  if (isEndless) await answer.body?.cancel();
  return { status: answer.status, type, body: isEndless ? '' : await answer.text() };
}

test('the document is valid OpenAPI 3.1, and says what each path is for', async () => {
  expect(document.openapi).toMatch(/^3\.1\./);
  const { valid, errors } = await new Validator().validate(structuredClone({ ...document }));
  expect([valid, errors]).toEqual([true, undefined]);
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const { summary = '', tags = [], responses } of Object.values(operations)) {
      expect([path, summary.length > 5, tags.length]).toEqual([path, true, 1]);
      expect(Object.keys(responses)).toContain('default');
    }
  }
});

test('every path of the document is asked here', () => {
  expect(Object.keys(questions).sort()).toEqual(Object.keys(document.paths).sort());
});

test.each(Object.entries(questions))('%s answers as the document says', async (path, asked) => {
  const { get, post } = document.paths[path] ?? {};
  for (const question of asked) {
    const isGet = typeof question === 'string';
    const told = isGet
      ? await tell(question)
      : await tell(path, { method: 'POST', headers: json, body: JSON.stringify(question.body) });
    expect([question, told.status]).toEqual([question, 200]);
    check((isGet ? get : post)?.responses ?? {}, told);
  }
});

test.each(Object.entries(questions))('%s refuses as the document says', async (path, asked) => {
  const { get, post } = document.paths[path] ?? {};
  for (const question of asked) {
    const isGet = typeof question === 'string';
    const told = isGet
      ? await tell(`${question}${question.includes('?') ? '&' : '?'}nonsense=1`)
      : await tell(path, { method: 'POST', headers: json, body: '{"nonsense":1}' });
    expect([question, told.status]).toEqual([question, 400]);
    check((isGet ? get : post)?.responses ?? {}, told);
    const problem = JSON.parse(told.body) as { errors: { parameter: string }[] };
    expect(problem.errors.map(({ parameter }) => parameter)).toEqual(['nonsense']);
  }
});
