// The REST interface under attack: queries of any form, ten thousand devices, a thousand connections
// that never finish a request, a log that opens, and one that hangs.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { InspectionClient } from '../../src/bridge/inspection-client.ts';
import { LogClient } from '../../src/bridge/log-client.ts';
import { MillpondClient } from '../../src/client/client.ts';
import { MillpondError } from '../../src/core/errors.ts';
import {
  type GatewayProcess,
  makeFolder,
  portOf,
  removeFolder,
  startGateway,
} from '../support/gateway.ts';
import { ask, startHttp } from '../support/http.ts';
import { get, getAll, type Json } from '../support/rest.ts';

const DEVICES = 10_000;
const folder = makeFolder('rest-hostile');
const nameOf = (number: number): string => `Room/${String(number).padStart(5, '0')}`;

let gateway: GatewayProcess;
let http: string;

beforeAll(async () => {
  gateway = await startGateway(folder);
  http = gateway.addresses.http;
  const client = new MillpondClient(gateway.addresses.grpc);
  for (let first = 0; first < DEVICES; first += 1000) {
    await client.publish(
      Array.from({ length: 1000 }, (_, index) => ({
        device: nameOf(first + index),
        metric: 'temperature',
        value: index,
      })),
    );
  }
  client.close();
});

afterAll(async () => {
  await gateway.kill();
  removeFolder(folder);
});

describe('ten thousand devices', () => {
  test('are listed in pages, each once, and found among the others', async () => {
    const all = await getAll<Json>(http, '/devices?limit=1000', 'devices');
    expect(all.map(({ device }) => device)).toEqual(
      Array.from({ length: DEVICES }, (_, number) => nameOf(number)),
    );
    const found = await getAll<Json>(http, '/devices?search=ROOM/0777', 'devices');
    expect(found.map(({ device }) => device)).toEqual(
      Array.from({ length: 10 }, (_, digit) => `Room/0777${digit}`),
    );
    expect(await get(http, '/devices?device=*9999&limit=1')).toMatchObject({
      devices: [{ device: 'Room/09999' }],
      nextCursor: null,
    });
    expect(await get(http, `/devices/${encodeURIComponent(nameOf(4711))}`)).toMatchObject({
      device: 'Room/04711',
      latest: [{ value: 711 }],
    });
  });

  test('ask for many pages at one time, and the gateway is ready and takes readings', async () => {
    const client = new MillpondClient(gateway.addresses.grpc);
    const pages = Array.from({ length: 50 }, () => get(http, '/devices?limit=1000&search=7'));
    await client.publish([{ device: nameOf(1), metric: 'temperature', value: -1 }]);
    expect((await ask(http, '/readyz')).status).toBe(200);
    for (const { devices } of await Promise.all(pages)) expect(devices).toHaveLength(1000);
    client.close();
  });
});

describe('any query', () => {
  const weird = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '',
      '0',
      '-1',
      '1e9',
      '9'.repeat(40),
      'NaN',
      'null',
      '[]',
      '{}',
      '*',
      '?',
      '%',
      "'",
    ),
    fc.constantFrom(
      '../../etc/passwd',
      "' or 1=1 --",
      '\u0000',
      'W10',
      'WzBd',
      'WyJhIl0',
      'WzksOV0',
    ),
    fc.stringMatching(/^\[(-?\d{1,20}|"[a-z]*"|null)(,(-?\d{1,20}|"[a-z]*"))?\]$/).map(btoa),
  );
  const names = fc.constantFrom(
    ...['device', 'metric', 'search', 'stale', 'sort', 'limit', 'cursor', 'stream', 'range'],
    ...['reason', 'profile', 'topic', 'id', 'order', 'from', 'to', 'bucket', 'points', 'channel'],
    ...['__proto__', 'constructor', 'toString', 'device[]', 'device[a]', ''],
  );
  const paths = fc.constantFrom(
    ...['status', 'status/history', 'devices', 'latest', 'streams', 'consumers', 'groups'],
    ...['groups/a/b/members', 'groups/a/b/dead-letters', 'dead-letters', 'dead-letters/1'],
    ...['losses', 'series', 'openapi.json'],
  );

  test('is answered or refused, and never a fault of the gateway', async () => {
    const queries = fc.array(fc.tuple(names, weird), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(paths, queries, async (path, query) => {
        const text = query.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
        const { status, body } = await ask(http, `/api/v1/${path}?${text}`);
        expect([200, 400, 404]).toContain(status);
        if (status !== 200) expect(JSON.parse(body)).toMatchObject({ status });
      }),
      { numRuns: 400 },
    );
  });

  test('neither is one that is not encoded', async () => {
    const bytes = fc.stringMatching(/^[!-~]{0,30}$/);
    await fc.assert(
      fc.asyncProperty(paths, bytes, async (path, text) => {
        const { status } = await ask(http, `/api/v1/${path}${text}`);
        expect([200, 400, 403, 404, 405]).toContain(status);
      }),
      { numRuns: 300 },
    );
  });

  test('a name of a device is asked for as it is, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1 }), async (name) => {
        fc.pre(name.isWellFormed() && !/^\.\.?$/.test(name));
        const { status } = await ask(http, `/api/v1/devices/${encodeURIComponent(name)}`);
        expect(status).toBe(404);
      }),
    );
  });
});

test('a thousand connections that never finish a request are closed, and others are served', async () => {
  const address = await startHttp({ connectionsMax: 1000, requestTimeoutMs: 1000 });
  const sockets = await Promise.all(
    Array.from({ length: 1000 }, async (_, index): Promise<Socket> => {
      const socket = connect(portOf(address), '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      // Nothing at all, half a line, headers without an end, a body that does not come.
      const beginnings = [
        '',
        'GET /heal',
        'GET / HTTP/1.1\r\nHost: localhost\r\nX: ',
        'POST /api/v1/dead-letters/reprocess HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{',
      ];
      socket.write(beginnings[index % 4] ?? '');
      return socket;
    }),
  );
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  const closed = sockets.map(async (socket) => {
    let answer = '';
    socket.on('data', (data) => {
      answer += String(data);
    });
    await once(socket, 'close');
    return answer.split('\r\n')[0];
  });
  const answers = new Set(await Promise.all(closed));
  expect([...answers].filter((line) => line !== '' && !line?.startsWith('HTTP/1.1 408'))).toEqual(
    [],
  );
  expect((await ask(address, '/healthz')).status).toBe(200);
});

describe('a log that does not answer', () => {
  const asked = ['status', 'devices', 'devices/a', 'latest', 'streams', 'consumers', 'groups'];
  const others = ['groups/a/b/members', 'dead-letters', 'dead-letters/1', 'losses'];
  const reprocess = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  };

  /** The real clients, on a log thread that says nothing. */
  async function start(unopened: MillpondError | null): Promise<string> {
    const silent = { postMessage: () => undefined, on: () => undefined };
    const ignore = (): void => undefined;
    const client = new LogClient(silent, 1024, {
      waiting: ignore,
      health: ignore,
      notice: ignore,
      command: ignore,
      answered: ignore,
    });
    client.setUnopened(unopened);
    const log = new InspectionClient(client);
    return startHttp({
      api: {
        log,
        groups: client.groups,
        gatewayStatus: async () => {
          await log.status();
          throw new Error('it answered');
        },
      },
    });
  }

  test.each([
    ['LOG_OPENING', new MillpondError('LOG_OPENING', 'The log is being opened.')],
    ['LOG_NOT_ANSWERING', null],
  ])('is a problem %s, and the page is served', async (code, unopened) => {
    const address = await start(unopened);
    const answers = await Promise.all([
      ...[...asked, ...others].map((path) => ask(address, `/api/v1/${path}`)),
      ask(address, '/api/v1/dead-letters/reprocess', reprocess),
    ]);
    for (const { status, body } of answers) {
      expect([status, JSON.parse(body).code]).toEqual([503, code]);
    }
    expect((await ask(address, '/')).status).toBe(200);
    expect((await ask(address, '/api/v1/openapi.json')).status).toBe(200);
  });
});
