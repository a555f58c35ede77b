// The sensors' dashboard asks a running gateway's REST for what there is: each variable, each panel, with
// names that a URL does not like, and a spike that must be in the band.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  type GatewayProcess,
  makeFolder,
  removeFolder,
  root,
  startGateway,
} from '../support/gateway.ts';
import { ask, fillIn, type InfinityQuery, type Row, type Variables } from '../support/infinity.ts';
import { publishAll, readingsRequest } from '../support/publish.ts';
import { connectTelemetry } from '../support/readings.ts';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly repeat?: string;
  readonly datasource?: { readonly type: string; readonly uid: string };
  readonly targets?: readonly InfinityQuery[];
  readonly fieldConfig?: {
    readonly overrides: readonly { readonly matcher: { readonly options: string } }[];
  };
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: { readonly infinityQuery: InfinityQuery };
  readonly current?: { readonly value: string };
}

interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
}

const grafana = join(root, 'dashboards/grafana');
const read = (file: string) =>
  JSON.parse(readFileSync(join(grafana, 'dashboards', file), 'utf8')) as Dashboard;
const dashboard = read('millpond-sensors.json');
const variable = (name: string) => dashboard.templating.list.find((each) => each.name === name)!;
const panels = dashboard.panels.filter(({ type }) => type !== 'row');

const SPIKE = 99;
const odd = ['<script>alert(1)</script>', 'a&b=c?d#e%f', 'plain', 'with space/and slash', 'ünï°'];

const folder = makeFolder('grafana-sensors');
let gateway: GatewayProcess;
let http = '';
let time: Variables = {};

beforeAll(async () => {
  gateway = await startGateway(folder);
  http = gateway.addresses.http;
  const telemetry = connectTelemetry(gateway.addresses.grpc);
  const nowMs = Date.now();
  const measuredAtUs = BigInt(nowMs - 60_000) * 1000n;
  const number = (value: number) => ({ $case: 'number' as const, value });
  const values = [20, SPIKE, 19];
  await publishAll(
    telemetry,
    odd.flatMap((device) =>
      values.map((value) =>
        readingsRequest([
          { device, metric: 'temperature', unit: 'Cel', value: number(value), measuredAtUs },
          {
            device,
            metric: 'temperature',
            channel: 'out & about',
            value: number(value),
            measuredAtUs,
          },
          { device, metric: 'state', value: { $case: 'text', value: 'open' } },
        ]),
      ),
    ),
  );
  telemetry.close();
  const mqtt = await connectAsync(`mqtt://${gateway.addresses.mqtt}`, { reconnectPeriod: 0 });
  await mqtt.publishAsync('home/attic/temperature', '21.5', { qos: 1 });
  await mqtt.endAsync();
  // So long a bucket that all is in one.
  time = {
    __from: String(nowMs - 3_600_000),
    __to: String(nowMs + 60_000),
    __interval_ms: String(86_400_000),
    search: '',
  };
}, 30_000);

afterAll(async () => {
  await gateway?.kill();
  removeFolder(folder);
});

async function optionsOf(name: string, variables: Variables): Promise<Row[]> {
  return ask(http, variable(name).query.infinityQuery, variables);
}

test('the devices to choose from are those there are, and search narrows them', async () => {
  const all = await optionsOf('device', time);
  expect(all.map(({ __value }) => __value).sort()).toEqual(['attic', ...odd].sort());
  const found = await optionsOf('device', { ...time, search: 'SCRIPT' });
  expect(found).toEqual([{ __text: odd[0], __value: odd[0] }]);
});

test.each([...odd, 'attic'])('every panel has what it shows, for the device %s', async (device) => {
  const series = await optionsOf('series', { ...time, device });
  expect(series.map(({ __text }) => __text)).toEqual(
    device === 'attic' ? ['temperature Cel'] : ['temperature Cel', 'temperature out & about'],
  );
  for (const { __text, __value } of series) {
    const variables = {
      ...time,
      device,
      series: __value as string,
      'series:text': __text as string,
      datasource: 'millpond-rest',
    };
    const value = device === 'attic' ? 21.5 : null;
    await Promise.all(
      panels.flatMap(({ id, type, title, targets = [] }) =>
        targets.map(async (target) => {
          fillIn(title, variables);
          const rows = await ask(http, target, variables);
          // Nobody has been silent.
          expect([title, rows.length > 0]).toEqual([title, id !== 2]);
          if (type !== 'timeseries') return;
          expect(rows).toEqual([
            {
              time: expect.any(String),
              min: value ?? 19,
              max: value ?? SPIKE,
              mean: value ?? expect.closeTo((20 + SPIKE + 19) / 3, 6),
            },
          ]);
        }),
      ),
    );
  }
});

test('a parameter or a field that is not there is found', async () => {
  const [target] = panels.find(({ id }) => id === 3)!.targets!;
  const wrong = {
    ...target!,
    url_options: { method: 'GET', params: [{ key: 'find', value: '' }] },
  };
  await expect(ask(http, wrong, time)).rejects.toThrow(/^400 for .*find/s);
  const column = { selector: 'name', text: 'Name', type: 'string' };
  await expect(ask(http, { ...target!, columns: [column] }, time)).rejects.toThrow('no name');
  await expect(ask(http, { ...target!, root_selector: '.things' }, time)).rejects.toThrow();
  await expect(ask(http, { ...target!, url: '/api/v1/$thing' }, time)).rejects.toThrow(
    'no variable',
  );
});

describe('the files', () => {
  const datasources = parse(
    readFileSync(join(grafana, 'provisioning/datasources/millpond.yml'), 'utf8'),
  ) as { datasources: { uid: string; type: string }[] };
  const provider = parse(
    readFileSync(join(grafana, 'provisioning/dashboards/millpond.yml'), 'utf8'),
  ) as { apiVersion: number; providers: { type: string; options: { path: string } }[] };
  const files = readdirSync(join(grafana, 'dashboards'));

  test('provision the data sources that the dashboards begin with', () => {
    expect(files.sort()).toEqual(['millpond-gateway.json', 'millpond-sensors.json']);
    const wanted = files.map((file) => {
      const { type, query, current } = read(file).templating.list[0]! as Variable & {
        query: unknown;
      };
      return { kind: type, type: query, uid: current?.value };
    });
    expect(wanted).toEqual(
      datasources.datasources.map(({ uid, type }) => ({ kind: 'datasource', type, uid })),
    );
    expect(provider).toMatchObject({ apiVersion: 1, providers: [{ type: 'file' }] });
    const readme = readFileSync(join(grafana, 'README.md'), 'utf8');
    expect(readme).toContain(provider.providers[0]?.options.path);
  });

  test('are dashboards of Grafana 11.6 or later, with panels that it has', () => {
    for (const file of files) {
      const { uid, schemaVersion, panels: all } = read(file);
      expect(`${uid}.json`).toBe(file);
      expect(schemaVersion).toBeGreaterThanOrEqual(41);
      for (const { type, datasource } of all) {
        expect(['row', 'stat', 'table', 'timeseries']).toContain(type);
        if (type !== 'row') expect(datasource?.uid).toMatch(/^\$\{datasource\}$/);
      }
    }
  });

  test('set off only columns that there are, and repeat by a variable that there is', () => {
    const names = dashboard.templating.list.map(({ name }) => name);
    for (const { fieldConfig, targets = [], repeat } of panels) {
      const columns = targets.flatMap((target) => target.columns.map(({ text }) => text));
      for (const { matcher } of fieldConfig?.overrides ?? []) {
        expect(columns).toContain(matcher.options);
      }
      if (repeat !== undefined) expect(names).toContain(repeat);
    }
  });
});
