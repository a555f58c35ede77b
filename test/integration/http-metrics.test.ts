// Requests as /metrics tells of them: by the routes of the server's own table, whatever is asked for.
import { once } from 'node:events';
import { get as open } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { ask, askRaw } from '../support/http.ts';
import { get } from '../support/rest.ts';
import { promtool, type Sample, scrape, scrapeText } from '../support/scrape.ts';

const NAME = 'http_server_request_duration_seconds';
const folder = makeFolder('http-metrics');
let gateway: GatewayProcess;
let http: string;

beforeAll(async () => {
  gateway = await startGateway(folder);
  http = gateway.addresses.http;
});

afterAll(async () => {
  await gateway?.kill();
  removeFolder(folder);
});

async function samples(): Promise<readonly Sample[]> {
  return (await scrape(http)).get(NAME)?.samples ?? [];
}

/** How many there were, by `method route status`. */
async function counts(): Promise<Record<string, number>> {
  const found = (await samples()).filter(({ name }) => name === `${NAME}_count`);
  return Object.fromEntries(
    found.map(({ labels, value }) => {
      const { http_request_method, http_route, http_response_status_code = '-' } = labels;
      return [`${http_request_method} ${http_route} ${http_response_status_code}`, value];
    }),
  );
}

test('each is counted once, by method, route and status', async () => {
  await ask(http, '/api/v1/devices?limit=1');
  await ask(http, '/api/v1/devices', { method: 'HEAD' });
  await ask(http, '/api/v1/devices/nobody');
  await ask(http, '/api/v1/devices/nobody%20else');
  await ask(http, '/api/v1/devices', { headers: { host: 'evil.example.org' } });
  await ask(http, '/api/v1/series');
  await ask(http, '/');
  await expect.poll(counts).toMatchObject({
    'GET /api/v1/devices 200': 1,
    'HEAD /api/v1/devices 200': 1,
    'GET /api/v1/devices/:device 404': 2,
    'GET /api/v1/devices 403': 1,
    'GET /api/v1/series 400': 1,
    'GET /metrics 200': expect.any(Number),
  });
});

test('a follower is none of them, and one that is refused is', async () => {
  const request = open(`http://${http}/api/v1/live`);
  const [follower] = await once(request, 'response');
  request.destroy();
  await once(follower, 'close').catch(() => undefined);
  await ask(http, '/api/v1/live?stream=none');
  await expect.poll(counts).toMatchObject({ 'GET /api/v1/live 404': 1 });
  expect(await counts()).not.toHaveProperty('GET /api/v1/live 200');
});

test('whatever is asked for, the time series are of the table of routes', async () => {
  const { paths } = await get<{ paths: Record<string, object> }>(http, '/openapi.json');
  const routes = Object.keys(paths).map((path) => path.replace(/\{(\w+)\}/g, ':$1'));
  const others = ['/metrics', '/healthz', '/readyz', '/', '/*', '/api/v1/openapi.json', '(other)'];
  const hostile = [
    '"}1',
    '<script>',
    '%00',
    'metrics',
    '..%2f..%2fetc',
    '%F0%9F%8C%A1',
    'a'.repeat(999),
  ];
  for (const name of [...hostile, ...Array.from({ length: 50 }, (_, index) => `x${index}`)]) {
    await ask(http, `/${name}`);
    await ask(http, `/api/v1/${name}`);
    await ask(http, `/api/v1/devices/${name}`);
  }
  const methods = ['PROPFIND', 'MKCOL', 'SUBSCRIBE', 'DELETE', 'PUT', 'TRACE', 'OPTIONS', 'QUERY'];
  for (const method of methods) {
    await askRaw(
      http,
      `${method} /api/v1/devices HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
  }
  await expect.poll(async () => Object.keys(await counts())).toContain('TRACE (other) 405');
  const found = await samples();
  const strange = found.filter(
    ({ labels }) => ![...routes, ...others].includes(labels.http_route!),
  );
  expect(strange).toEqual([]);
  const asked = [...new Set(found.map(({ labels }) => labels.http_request_method))];
  expect(asked.sort()).toEqual(
    ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'TRACE', '_OTHER'].sort(),
  );
  expect(found.length).toBeLessThan(300);
  expect(await promtool(['check', 'metrics'], await scrapeText(http))).toEqual({
    ...{ code: 0, output: '' },
  });
});
