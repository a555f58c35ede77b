// The REST interface of a running gateway: what each resource tells, in pages, and its refusals.
import { hostname } from 'node:os';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MillpondClient } from '../../src/client/client.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { ask } from '../support/http.ts';
import { get, getAll, getJson, type Json, postJson } from '../support/rest.ts';

const folder = makeFolder('rest');
const strangeNames = ['<script>alert(1)</script>', 'a/b', '温室 🌡', 'a b&c=d', '%2e%2e', "o'hare"];
const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string;

let gateway: GatewayProcess;
let client: MillpondClient;
let http: string;

beforeAll(async () => {
  gateway = await startGateway(folder, { MILLPOND_LOG_DEAD_LETTERS_MAX: '5' });
  http = gateway.addresses.http;
  client = new MillpondClient(gateway.addresses.grpc);
  const mqtt = await connectAsync(`mqtt://${gateway.addresses.mqtt}`);
  // Five are kept: the first two are recorded as a loss.
  for (let number = 0; number < 7; number++) {
    await mqtt.publishAsync(`broken/${number % 2 === 0 ? 'even' : 'odd'}`, `{bad ${number}`, {
      qos: 1,
    });
  }
  await mqtt.endAsync();
  for (let number = 0; number < 5; number++) {
    await client.publish([
      { device: 'Attic', metric: 'temperature', value: 20 + number, unit: 'Cel' },
      { device: 'Attic', metric: 'state', value: 'warm' },
      { device: 'cellar', metric: 'temperature', value: 8 },
    ]);
  }
  await client.publish(strangeNames.map((device) => ({ device, metric: 'power', value: 1 })));
  await client.commit('reader', 3);
  await client.commit('writer', 0);
});

afterAll(async () => {
  client.close();
  await gateway.kill();
  removeFolder(folder);
});

const namesOf = (devices: readonly Json[]): unknown[] => devices.map(({ device }) => device);

describe('devices', () => {
  test('one is told with its latest values', async () => {
    const device = {
      device: 'Attic',
      profile: null,
      firstSeen: iso,
      lastSeen: iso,
      readings: 10,
      usualIntervalMs: null,
      readingsPerMinute: null,
      stale: false,
      series: 2,
      latest: [
        { metric: 'temperature', value: 24, unit: 'Cel' },
        { metric: 'state', value: 'warm', unit: '' },
      ].map((value) => ({
        channel: '',
        source: 'grpc',
        measuredAt: iso,
        receivedAt: iso,
        ...value,
      })),
    };
    expect(await get(http, '/devices?device=Att*')).toEqual({
      now: iso,
      devices: [device],
      nextCursor: null,
    });
    expect(await get(http, '/devices/Attic')).toEqual({ now: iso, ...device });
  });

  test('pages of any length have every device once, by name', async () => {
    const all = ['Attic', 'cellar', ...strangeNames].sort();
    for (const limit of [1, 3, 8, 1000]) {
      expect(namesOf(await getAll(http, `/devices?limit=${limit}`, 'devices'))).toEqual(all);
    }
    const byTime = await getAll<Json>(http, '/devices?limit=3&sort=lastSeen', 'devices');
    expect(namesOf(byTime).toSorted()).toEqual(all);
    expect(namesOf(byTime).slice(-2)).toEqual(['Attic', 'cellar']);
    const first = await getAll<Json>(http, '/devices?limit=2&sort=firstSeen', 'devices');
    expect(namesOf(first)).toEqual(['Attic', 'cellar', ...strangeNames]);
  });

  test('are found by a part of the name in any case, by globs, and by silence', async () => {
    const find = async (query: string): Promise<unknown[]> =>
      namesOf(await getAll(http, `/devices?${query}`, 'devices'));
    expect(await find('search=aTTi')).toEqual(['Attic']);
    expect(await find('search=%F0%9F%8C%A1')).toEqual(['温室 🌡']);
    expect(await find('device=cell*&device=A*')).toEqual(['Attic', 'cellar']);
    expect(await find('device=*&search=%3Cscript')).toEqual([strangeNames[0]]);
    expect(await find('stale=true')).toEqual([]);
    expect(await find('search=')).toHaveLength(8);
  });

  test.each(strangeNames)('%s is asked for by its name, percent-encoded', async (name) => {
    const answer = await ask(http, `/api/v1/devices/${encodeURIComponent(name)}`);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    expect(JSON.parse(answer.body)).toMatchObject({ device: name, latest: [{ value: 1 }] });
  });

  test.each(['nobody', '..%2fAttic', 'a', '%00', 'x'.repeat(8000)])('%s is none', async (name) => {
    const { status, body } = await getJson(http, `/devices/${name}`);
    expect([status, body.code]).toEqual([404, 'DEVICE_UNKNOWN']);
  });

  test('latest values stand one beside the other, of some metrics alone', async () => {
    const { latest, now } = await get<{ latest: Json[]; now: string }>(
      http,
      '/latest?metric=temp*',
    );
    expect(now).toEqual(iso);
    expect(
      latest.map(({ device, metric, value, stale }) => [device, metric, value, stale]),
    ).toEqual([
      ['Attic', 'temperature', 24, false],
      ['cellar', 'temperature', 8, false],
    ]);
    expect(await getAll(http, '/latest?device=Attic&limit=1', 'latest')).toHaveLength(2);
  });
});

describe('status', () => {
  test('has the addresses, and what to look at', async () => {
    const { addresses, alerts, ready } = await get(http, '/status');
    const { mqtt, grpc } = gateway.addresses;
    expect([addresses, ready]).toEqual([{ mqtt, grpc, http, hostName: hostname() }, true]);
    // The dead letters that were sent, and those of them that had to go.
    expect(alerts).toMatchObject([
      { code: 'losses', severity: 'critical', subject: '', since: null },
      { code: 'dead_letters', severity: 'warning', message: expect.stringMatching(/^5 messages/) },
    ]);
  });

  test('has a past', async () => {
    const { stepMs, points, consumers } = await get(http, '/status/history?range=24h');
    expect(stepMs).toBe(120_000);
    expect([points, consumers]).toEqual([expect.any(Array), expect.any(Array)]);
    for (const range of ['0h', '25h', '2d', 'h', '1m1', '-1h', '59s', '']) {
      expect((await getJson(http, `/status/history?range=${range}`)).status).toBe(400);
    }
  });
});

describe('streams, consumers, groups', () => {
  test('a stream is told with its watermarks', async () => {
    const { streams } = await get<{ streams: Json[] }>(http, '/streams');
    expect(streams).toMatchObject([
      { stream: 'readings', lowWatermark: '0', highWatermark: '21', retention: { bytes: null } },
    ]);
  });

  test('consumers are told with their lag, in pages', async () => {
    const all = await getAll<Json>(http, '/consumers?limit=1', 'consumers');
    expect(all).toMatchObject([
      { consumer: 'reader', nextOffset: '3', lag: 18, isGroup: false, subscriptions: 0 },
      { consumer: 'writer', nextOffset: '0', lag: 21, stall: { reason: 'not_connected' } },
    ]);
    expect(await get(http, '/consumers?stream=readings&limit=1')).toMatchObject({ now: iso });
    const none = await getJson(http, '/consumers?stream=power');
    expect([none.status, none.body.code]).toEqual([404, 'STREAM_UNKNOWN']);
  });

  test('a group is told with its members and what it gave up', async () => {
    const stop = new AbortController();
    let isStarted = (): void => undefined;
    const started = new Promise<void>((resolve) => {
      isStarted = resolve;
    });
    const working = client.work(
      { group: 'mill', name: 'w1', devices: ['cellar'], deliveriesMax: 1, signal: stop.signal },
      async () => {
        isStarted();
        throw new Error('the wheel is stuck');
      },
    );
    await started;
    const letters = '/groups/readings/mill/dead-letters';
    await expect
      .poll(async () => (await getAll<Json>(http, `${letters}?limit=2`, 'deadLetters')).length)
      .toBe(5);
    const { deadLetters } = await get<{ deadLetters: Json[] }>(http, letters);
    expect(deadLetters[0]).toMatchObject({
      failures: 1,
      reason: 'the wheel is stuck',
      isRedelivering: false,
      reading: { device: 'cellar', offset: '2', value: 8, unit: '', quality: 'good' },
    });
    const { groups } = await get<{ groups: Json[] }>(http, '/groups');
    expect(groups).toMatchObject([
      {
        group: 'mill',
        stream: 'readings',
        members: 1,
        deadLetters: 5,
        devices: ['cellar'],
        deliveriesMax: 1,
      },
    ]);
    const { members } = await get<{ members: Json[] }>(http, '/groups/readings/mill/members');
    expect(members).toMatchObject([
      { member: 'w1', memberId: expect.any(String) as string, joinedAt: iso },
    ]);
    stop.abort();
    await working;
    const none = await getJson(http, '/groups/readings/nobody/members');
    expect([none.status, none.body.code]).toEqual([404, 'GROUP_UNKNOWN']);
  });
});

describe('dead letters and losses', () => {
  const idsOf = (letters: readonly Json[]): number[] => letters.map(({ id }) => Number(id));

  test('from either end, in pages, and chosen', async () => {
    const newest = idsOf(await getAll(http, '/dead-letters?limit=2', 'deadLetters'));
    expect(newest).toHaveLength(5);
    expect(newest).toEqual(newest.toSorted((a, b) => b - a));
    const oldest = idsOf(await getAll(http, '/dead-letters?limit=2&order=oldest', 'deadLetters'));
    expect(oldest).toEqual(newest.toReversed());
    const odd = await getAll<Json>(http, '/dead-letters?topic=broken/o*', 'deadLetters');
    expect(odd.length).toBeGreaterThan(0);
    expect(new Set(odd.map(({ topic }) => topic))).toEqual(new Set(['broken/odd']));
    for (const topic of ['broken/%25', 'broken/o__', 'BROKEN/*', '\\']) {
      expect(await getAll(http, `/dead-letters?topic=${topic}`, 'deadLetters')).toEqual([]);
    }
    expect(await getAll(http, '/dead-letters?reason=no_profile', 'deadLetters')).toEqual([]);
    const [first, second] = newest;
    const chosen = await getAll<Json>(
      http,
      `/dead-letters?id=${first}&id=${second}`,
      'deadLetters',
    );
    expect(idsOf(chosen)).toEqual([first, second]);
  });

  test('one with its bytes', async () => {
    const [{ id } = {}] = await getAll<Json>(http, '/dead-letters?limit=1', 'deadLetters');
    const letter = await get(http, `/dead-letters/${id}`);
    expect(letter).toMatchObject({ id, topic: 'broken/even', reason: 'invalid_json', bytes: 6 });
    expect(letter).toMatchObject({ text: '{bad 6', payload: btoa('{bad 6') });
    const none = await getJson(http, '/dead-letters/999');
    expect([none.status, none.body.code]).toEqual([404, 'DEAD_LETTER_UNKNOWN']);
    expect((await getJson(http, '/dead-letters/x')).status).toBe(400);
  });

  test('are decoded again on demand', async () => {
    const { body } = await postJson(http, '/dead-letters/reprocess', { topic: 'broken/*' });
    expect(body).toMatchObject({ reprocessed: 0, readings: 0, kept: 5 });
    const rest = await postJson(http, '/dead-letters/reprocess', { cursor: body.nextCursor });
    expect(rest.body).toEqual({ reprocessed: 0, readings: 0, kept: 0, nextCursor: null });
  });

  test('losses are told from either end', async () => {
    const newest = await getAll<Json>(http, '/losses?limit=1', 'losses');
    expect(newest.length).toBeGreaterThan(0);
    expect(newest[0]).toMatchObject({ stream: null, firstOffset: null, recordedAt: iso });
    expect(newest.reduce((sum, { count }) => sum + Number(count), 0)).toBe(2);
    const oldest = await getAll<Json>(http, '/losses?order=oldest', 'losses');
    expect(oldest).toEqual(newest.toReversed());
    const none = await getJson(http, '/losses?stream=power');
    expect([none.status, none.body.code]).toEqual([404, 'STREAM_UNKNOWN']);
  });
});

describe('bodies', () => {
  const path = '/api/v1/dead-letters/reprocess';
  const json = { 'content-type': 'application/json' };

  test.each([
    ['of another type', 415, { headers: { 'content-type': 'text/plain' }, body: '{}' }],
    [
      'as a form sends it',
      415,
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=1' },
    ],
    ['without a type', 415, { body: '{}' }],
    ['that is none', 400, { headers: json }],
    ['cut short', 400, { headers: json, body: '{"topic"' }],
    ['that is a list', 400, { headers: json, body: '[]' }],
    ['with an unknown field', 400, { headers: json, body: '{"topics":"x"}' }],
    ['with a field of another type', 400, { headers: json, body: '{"ids":"1"}' }],
    ['with __proto__', 400, { headers: json, body: '{"__proto__":{"topic":"x"}}' }],
    ['that is too large', 413, { headers: json, body: `{"topic":"${'x'.repeat(100_000)}"}` }],
  ])('%s is refused with %i', async (_name, status, asked) => {
    const answer = await ask(http, path, { method: 'POST', ...asked });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ status, code: 'REQUEST_INVALID' });
  });
});
