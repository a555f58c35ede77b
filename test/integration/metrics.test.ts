// What a running gateway tells Prometheus: names and types by its conventions, every metric in the
// documents, every label's values out of lists that have an end.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deadLetterReasons, dropReasons } from '../../src/core/contracts.ts';
import { diskStates } from '../../src/core/disk-state.ts';
import { lossReasons } from '../../src/core/loss-reason.ts';
import { queryOutcomes } from '../../src/core/query.ts';
import { frameFaults } from '../../src/core/raw-message.ts';
import { mqttRefusals } from '../../src/sources/mqtt/mqtt-events.ts';
import { BusyGateway } from '../support/busy-gateway.ts';
import { makeFolder, removeFolder, root } from '../support/gateway.ts';
import { type Family, parseMetrics, promtool, scrape, scrapeCounted } from '../support/scrape.ts';

const folder = makeFolder('metrics');
let busy: BusyGateway;
let text = '';
let families = new Map<string, Family>();

beforeAll(async () => {
  busy = await BusyGateway.start(folder);
  text = await scrapeCounted(busy.addresses.http);
  families = parseMetrics(text);
}, 60_000);

afterAll(async () => {
  await busy?.stop();
  removeFolder(folder);
});

function valueIn(
  from: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const family = from.get(name) ?? from.get(name.replace(/_(count|sum)$/, ''));
  return family?.samples.find(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )?.value;
}

test('promtool has nothing to say against it', async () => {
  expect(await promtool(['check', 'metrics'], text)).toEqual({ code: 0, output: '' });
  // It would: a gauge that is named like a counter.
  const wrong = '# HELP a_total a\n# TYPE a_total gauge\na_total 1\n';
  expect((await promtool(['check', 'metrics'], wrong)).output).toContain('a_total');
});

test('every metric counts in base units, and says what it is for', () => {
  const ours = [...families.values()].filter(({ name }) => name.startsWith('millpond_'));
  expect(ours.length).toBeGreaterThan(50);
  const odd = ours.filter(({ name, type, help }) => {
    const isCounter = type === 'counter';
    if (name.endsWith('_total') !== isCounter) return true;
    if (/_(ms|us|milliseconds|minutes|hours|kb|mb|percent|bits)(_|$)/.test(name)) return true;
    return help.length < 20 || !/[.!]$/.test(help);
  });
  expect(odd.map(({ name }) => name)).toEqual([]);
});

test('docs/metrics.md has every metric with its type, meaning and labels, and no other', () => {
  const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` +\| (\w+) +\| [^|]+\| ([^|]*)\| (.*) \|$/gm)];
  const documented = rows.map(([, name, type, labels, help]) => ({
    name,
    type,
    labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!),
    help: help!.trim(),
  }));
  const served = [...families.values()].map(({ name, type, help }) => ({ name, type, help }));
  expect(documented.map(({ labels: _, ...each }) => each)).toEqual(
    served.sort((a, b) => (a.name < b.name ? -1 : 1)),
  );
  const allowed = new Map(documented.map(({ name, labels }) => [name, labels]));
  const surplus = [...families.values()].flatMap(({ name, samples }) =>
    samples.flatMap(({ labels }) =>
      Object.keys(labels).filter((label) => label !== 'le' && !allowed.get(name)?.includes(label)),
    ),
  );
  expect(surplus).toEqual([]);
});

test('every label has its values out of a list', () => {
  const reasons: Readonly<Record<string, readonly string[]>> = {
    millpond_mqtt_refused_total: mqttRefusals,
    millpond_dead_letters_total: deadLetterReasons,
    millpond_dropped_values_total: dropReasons,
    millpond_losses_total: lossReasons,
    millpond_serial_frame_faults_total: frameFaults,
    millpond_serial_discarded_bytes_total: ['noise', 'cut', 'too_long'],
    millpond_modbus_failures_total: ['timeout', 'exception', 'bad_answer', 'port_closed'],
  };
  const outcomes: Readonly<Record<string, readonly string[]>> = {
    millpond_messages_total: ['readings', 'partly_readings', 'dead_letter', 'ignored'],
    millpond_queries_total: queryOutcomes,
  };
  const lists: Readonly<Record<string, readonly string[]>> = {
    stream: ['readings', 'power'],
    consumer: ['follower', 'archive', 'workers'],
    group: ['workers'],
    port: ['scale'],
    part: ['database', 'wal', 'tail', 'sealed', 'rollups', 'hot'],
    edge: ['low', 'high'],
    kind: [
      'series',
      'devices',
      'producers',
      'dead_letters',
      'major',
      'minor',
      'incremental',
      'weakcb',
    ],
    state: diskStates,
    messaging_system: ['mqtt', 'millpond', 'serial'],
    messaging_operation_name: ['receive', 'process'],
    http_request_method: ['GET'],
    http_route: ['/metrics'],
    http_response_status_code: ['200'],
  };
  const seen = new Set<string>();
  const strange = [...families.values()].flatMap(({ name, samples }) =>
    samples.flatMap(({ labels }) =>
      Object.entries(labels).flatMap(([label, value]) => {
        // Buckets, V8's heap spaces and versions: none of them comes from outside.
        if (['le', 'space', 'version', 'major', 'minor', 'patch'].includes(label)) return [];
        seen.add(label);
        const list =
          label === 'reason' ? reasons[name] : label === 'outcome' ? outcomes[name] : lists[label];
        return list?.includes(value) ? [] : [`${name}{${label}="${value}"}`];
      }),
    ),
  );
  expect(strange).toEqual([]);
  for (const label of [...Object.keys(lists), 'reason', 'outcome']) expect(seen).toContain(label);
});

describe('what can be counted is there from the start', () => {
  test('with 0, for each reason', () => {
    const zero = (name: string, label: string) =>
      families.get(name)?.samples.map(({ labels }) => labels[label]);
    expect(zero('millpond_losses_total', 'reason')).toEqual([...lossReasons]);
    expect(zero('millpond_dead_letters_total', 'reason')).toEqual([...deadLetterReasons]);
    expect(zero('millpond_dropped_values_total', 'reason')).toEqual([...dropReasons]);
    expect(zero('millpond_mqtt_refused_total', 'reason')).toEqual([...mqttRefusals]);
    expect(zero('millpond_queries_total', 'outcome')).toEqual([...queryOutcomes]);
    expect(valueIn(families, 'millpond_losses_total', { reason: 'disk_full' })).toBe(0);
  });

  test('and counted', () => {
    const at = (name: string, labels = {}) => valueIn(families, name, labels) ?? 0;
    expect(at('millpond_dead_letters_total', { reason: 'invalid_json' })).toBe(2);
    expect(at('millpond_dropped_values_total', { reason: 'not_a_number' })).toBe(2);
    expect(at('millpond_mqtt_refused_total', { reason: 'malformed' })).toBe(1);
    expect(at('millpond_queries_total', { outcome: 'ok' })).toBe(2);
    expect(at('millpond_queries_total', { outcome: 'invalid' })).toBe(1);
    expect(at('millpond_query_duration_seconds_count')).toBe(3);
    expect(at('millpond_consumer_lag_readings', { consumer: 'archive' })).toBeGreaterThan(0);
    expect(at('millpond_mqtt_messages_delivered_total')).toBeGreaterThan(0);
  });
});

test("messages are counted under OpenTelemetry's names, and how long each batch took", async () => {
  const consumed = (from: ReadonlyMap<string, Family>, system: string) =>
    valueIn(from, 'messaging_client_consumed_messages_total', { messaging_system: system }) ?? -1;
  const batches = (from: ReadonlyMap<string, Family>, system: string) =>
    valueIn(from, 'messaging_process_duration_seconds_count', { messaging_system: system }) ?? -1;
  const before = await scrape(busy.addresses.http);
  await busy.round();
  const after = await scrape(busy.addresses.http);
  expect(consumed(after, 'mqtt') - consumed(before, 'mqtt')).toBe(8);
  expect(consumed(after, 'millpond') - consumed(before, 'millpond')).toBe(2);
  for (const system of ['mqtt', 'millpond']) {
    const count = batches(after, system) - batches(before, system);
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThanOrEqual(consumed(after, system) - consumed(before, system));
  }
  // The port is read when it is.
  await expect
    .poll(async () => consumed(await scrape(busy.addresses.http), 'serial'))
    .toBeGreaterThanOrEqual(3);
});

test('delays are counted since the start, so that two who scrape see the same', async () => {
  const counts = (from: ReadonlyMap<string, Family>) =>
    ['io', 'log'].map((thread) => valueIn(from, `millpond_${thread}_thread_delay_seconds_count`)!);
  const first = counts(await scrape(busy.addresses.http));
  const second = counts(await scrape(busy.addresses.http));
  expect(first.every((count) => count > 0)).toBe(true);
  expect(second.every((count, index) => count >= first[index]!)).toBe(true);
});
