// The HTTP server around its resources: who may ask, what is not there, what is not understood, and
// the dashboard's files.
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { securityHeaders } from '../../src/delivery/http/security.ts';
import { makeFolder, removeFolder } from '../support/gateway.ts';
import { ask, askRaw, startHttp } from '../support/http.ts';

const secretText = 'not for the public';

function buildPages(): string {
  const folder = makeFolder('pages');
  onTestFinished(() => removeFolder(folder));
  const web = join(folder, 'web');
  mkdirSync(join(web, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'secret'), secretText);
  writeFileSync(join(web, 'index.html'), '<!doctype html>the app');
  writeFileSync(join(web, '.hidden'), secretText);
  const script = `console.log(${JSON.stringify('x'.repeat(5000))})`;
  writeFileSync(join(web, 'assets/app-1a2b.js'), script);
  writeFileSync(join(web, 'assets/app-1a2b.js.br'), brotliCompressSync(script));
  return web;
}

describe('Host and Origin', () => {
  test.each([
    ['127.0.0.1:8080', 200],
    ['192.168.1.20', 200],
    ['[::1]:8080', 200],
    ['localhost:8080', 200],
    ['LOCALHOST.', 200],
    [hostname(), 200],
    [`${hostname().split('.')[0]}.local:8080`, 200],
    ['gateway.example.org', 200],
    ['evil.example.org', 403],
    ['127.0.0.1.evil.example.org', 403],
    ['localhost.evil.example.org', 403],
    ['localhost@evil.example.org', 403],
    ['evil:x', 403],
  ])('asked as %s: %i', async (host, status) => {
    const address = await startHttp({ hosts: ['Gateway.example.org'] });
    const answer = await ask(address, '/api/v1/openapi.json', { headers: { host } });
    expect(answer.status).toBe(status);
    if (status !== 403) return;
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'HOST_REFUSED', status: 403 });
    expect((await ask(address, '/', { headers: { host } })).status).toBe(403);
  });

  test('monitoring may ask for health and metrics by any name', async () => {
    const address = await startHttp();
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      expect((await ask(address, path, { headers: { host: 'millpond:8080' } })).status).toBe(200);
    }
  });

  test("what changes something is refused to a stranger's page, and no answer is shared with one", async () => {
    const address = await startHttp();
    const post = (origin: string) =>
      ask(address, '/api/v1/status', { method: 'POST', headers: { origin } });
    const refused = await post('http://evil.example.org');
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'ORIGIN_REFUSED' });
    expect((await post('null')).status).toBe(403);
    expect((await post(`http://${address}`)).status).toBe(405);
    const read = await ask(address, '/', { headers: { origin: 'http://evil.example.org' } });
    expect(read.status).toBe(200);
    expect(read.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('what is not there, or not understood', () => {
  test('an unknown path is a problem that says what there is', async () => {
    const address = await startHttp();
    for (const path of ['/nowhere', '/api/v1/nowhere', '/api/v2/status', '//', '/api/v1/status/']) {
      const { status, headers, body } = await ask(address, path);
      expect(status).toBe(404);
      expect(headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      const problem = JSON.parse(body);
      expect(problem).toMatchObject({ code: 'PATH_UNKNOWN', title: 'Not Found', instance: path });
      expect(problem.detail).toContain('/api/v1/status');
    }
  });

  test('a method that a path does not take is told with those that it takes', async () => {
    const address = await startHttp();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']) {
      const { status, headers, body } = await ask(address, '/api/v1/status', { method });
      expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD']);
      expect(JSON.parse(body).detail).toContain(`not ${method}`);
    }
  });

  test('HEAD is none of what has no end', async () => {
    const address = await startHttp();
    const { status, headers } = await ask(address, '/api/v1/live', { method: 'HEAD' });
    expect([status, headers.allow]).toEqual([405, 'GET']);
  });

  test('HEAD is GET without a body', async () => {
    const address = await startHttp();
    const got = await ask(address, '/api/v1/openapi.json');
    const head = await ask(address, '/api/v1/openapi.json', { method: 'HEAD' });
    expect(head.body).toBe('');
    expect(head.headers['content-length']).toBe(got.headers['content-length']);
  });

  test('an unknown parameter is a problem that names it', async () => {
    const address = await startHttp();
    const { status, body } = await ask(address, '/api/v1/status?verbose=1');
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({
      code: 'REQUEST_INVALID',
      errors: [{ parameter: 'verbose', problem: 'not known; there are none' }],
    });
  });

  test('a fault of the gateway is a problem too', async () => {
    const { status, body } = await ask(await startHttp(), '/api/v1/status');
    expect(status).toBe(500);
    expect(JSON.parse(body)).toMatchObject({ code: 'INTERNAL', detail: 'no gateway behind it' });
  });

  test('a path that does not decode, one that is too long, and what is no HTTP', async () => {
    const address = await startHttp();
    const bad = await ask(address, '/api/v1/%zz');
    expect([bad.status, JSON.parse(bad.body).code]).toEqual([400, 'REQUEST_INVALID']);
    const long = await ask(address, `/${'x'.repeat(20_000)}`);
    expect([long.status, JSON.parse(long.body).code]).toEqual([431, 'REQUEST_INVALID']);
    const header = await ask(address, '/', { headers: { 'x-long': 'x'.repeat(20_000) } });
    expect(header.status).toBe(431);
    const noise = await askRaw(address, 'what is this?\r\n\r\n');
    expect(noise).toMatch(/^HTTP\/1\.1 400 Bad Request[\s\S]*"code":"REQUEST_INVALID"/);
    for (const [name, value] of Object.entries(securityHeaders)) {
      expect([bad.headers[name], long.headers[name]]).toEqual([value, value]);
      expect(noise).toContain(`\r\n${name}: ${value}\r\n`);
    }
  });
});

describe('pages', () => {
  test('without a build the first page says how to make one', async () => {
    const { status, body, headers } = await ask(await startHttp(), '/');
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/html/);
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(body).toContain('npm run build');
  });

  test('files are compressed and kept for good; the page is asked for anew', async () => {
    const address = await startHttp({ pagesFolder: buildPages() });
    const page = await ask(address, '/');
    expect([page.status, page.body]).toEqual([200, '<!doctype html>the app']);
    expect(page.headers).toMatchObject({
      'cache-control': 'no-cache',
      'referrer-policy': 'no-referrer',
    });
    const again = await ask(address, '/', {
      headers: { 'if-none-match': String(page.headers.etag) },
    });
    expect(again.status).toBe(304);
    const script = await ask(address, '/assets/app-1a2b.js', {
      headers: { 'accept-encoding': 'br' },
    });
    expect(script.headers).toMatchObject({ 'content-encoding': 'br' });
    expect(script.headers['content-type']).toMatch(/^(text|application)\/javascript/);
    expect(script.headers['cache-control']).toMatch(/immutable/);
    expect(script.body.length).toBeLessThan(1000);
    const plain = await ask(address, '/assets/app-1a2b.js');
    expect(plain.body.length).toBeGreaterThan(5000);
  });

  test.each([
    '/../secret',
    '/..%2fsecret',
    '/%2e%2e/secret',
    '/%2e%2e%2fsecret',
    '/assets/../../secret',
    '/assets/..%2f..%2fsecret',
    '/%252e%252e%252fsecret',
    '/..%5csecret',
    '/..\\secret',
    '/..%c0%afsecret',
    '/assets/%00/../../secret',
    '/secret%00.html',
    '/.hidden',
    '/%2ehidden',
    '//secret',
    '/assets/',
    '/assets',
  ])('%s leads nowhere', async (path) => {
    const address = await startHttp({ pagesFolder: buildPages() });
    const { status, body } = await ask(address, path);
    expect(body).not.toContain(secretText);
    expect([400, 403, 404]).toContain(status);
    expect(JSON.parse(body)).toMatchObject({ status });
  });
});
