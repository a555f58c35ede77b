// The gateway's dashboard and the alert rules ask for what a running gateway serves: their expressions
// run on a real Prometheus that scrapes one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BusyGateway } from '../support/busy-gateway.ts';
import { makeFolder, removeFolder, root } from '../support/gateway.ts';
import { PrometheusServer } from '../support/prometheus-server.ts';
import { readExpression, type Selector } from '../support/promql.ts';
import { type Family, promtool, scrape } from '../support/scrape.ts';

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly targets?: readonly Target[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: unknown }[];
  };
}

const dashboard = JSON.parse(
  readFileSync(join(root, 'dashboards/grafana/dashboards/millpond-gateway.json'), 'utf8'),
) as Dashboard;
const prometheusFolder = join(root, 'dashboards/prometheus');
const ruleFile = join(prometheusFolder, 'millpond-alerts.yml');

/** Without samples while all is well, or while there is nothing of the kind. */
const absentWhenWell = [
  'millpond_disk_time_to_full_seconds',
  'millpond_consumer_time_to_loss_seconds',
  'millpond_serial_frame_faults_total',
  'millpond_modbus_failures_total',
];

const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const queries = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
);

const folder = makeFolder('grafana-gateway');
let busy: BusyGateway;
let prometheus: PrometheusServer;
let families = new Map<string, Family>();

beforeAll(async () => {
  busy = await BusyGateway.start(folder);
  const target = busy.addresses.http;
  prometheus = await PrometheusServer.start(folder, { target, ruleFiles: [ruleFile] });
  // Enough for a rate, with traffic between the scrapes.
  const scrapes = async () => (await prometheus.query('count_over_time(up[1m])'))[0]?.value ?? 0;
  while ((await scrapes()) < 4) await busy.round();
  families = await scrape(busy.addresses.http);
}, 60_000);

afterAll(async () => {
  await prometheus?.stop();
  await busy?.stop();
  removeFolder(folder);
});

/** As Grafana fills it in. */
function filled(expression: string): string {
  const text = expression.replaceAll('$__rate_interval', '10s').replaceAll('$instance', '.*');
  if (text.includes('$')) throw new Error(`a variable that is not known: ${text}`);
  return text;
}

/** The family and its own labels; throws for what is not served. */
function servedBy({ metric }: Selector): { family: Family; labels: readonly string[] } {
  const base = metric.replace(/_(bucket|sum|count)$/, '');
  const family = families.get(metric) ?? families.get(base);
  if (family === undefined) throw new Error(`${metric} is not served`);
  const isHistogram = family.type === 'histogram';
  if (isHistogram === (family.name === metric)) throw new Error(`${metric} is a ${family.type}`);
  return { family, labels: [...documentedLabels(family.name), ...(isHistogram ? ['le'] : [])] };
}

/** docs/metrics.md is held against the gateway in metrics.test.ts. */
const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8');
function documentedLabels(name: string): string[] {
  const [, labels] =
    new RegExp(`^\\| \`${name}\` +\\|[^|]+\\|[^|]+\\|([^|]*)\\|`, 'm').exec(page) ?? [];
  if (labels === undefined) throw new Error(`${name} is not in docs/metrics.md`);
  return [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label!);
}

/** What Prometheus adds to whatever it scrapes. */
const targetLabels = ['job', 'instance'];

/** Everything that is wrong with what the expression asks for. */
function problemsOf(expression: string): string[] {
  const { selectors, labels } = readExpression(expression);
  const own = selectors.filter(({ metric }) => metric !== 'up');
  const known = new Set([...targetLabels, ...own.flatMap((each) => servedBy(each).labels)]);
  const wrong = labels.filter((label) => !known.has(label)).map((label) => `by ${label}`);
  for (const selector of own) {
    const { family, labels: its } = servedBy(selector);
    for (const { label, operator, value } of selector.matchers) {
      if (![...targetLabels, ...its].includes(label))
        wrong.push(`${selector.metric} has no ${label}`);
      if (operator !== '=' || targetLabels.includes(label)) continue;
      const values = family.samples.map((sample) => sample.labels[label]);
      if (!values.includes(value)) wrong.push(`${selector.metric} has no ${label}="${value}"`);
    }
  }
  return wrong;
}

/** Without the last comparison, which leaves out what is well. */
function unfiltered(expression: string): string {
  return expression.replace(/ (?:> 0|== 1)$/, '');
}

test('a metric or a label that is not there is found', () => {
  expect(() => problemsOf('rate(millpond_reading_total[1m])')).toThrow('is not served');
  expect(() => problemsOf('millpond_commit_duration_seconds')).toThrow('is a histogram');
  expect(() => problemsOf('quantile_over_time(0.5, millpond_queue_bytes[1m])')).toThrow();
  expect(problemsOf('sum by (cause) (millpond_losses_total)')).toEqual(['by cause']);
  expect(problemsOf('millpond_log_entries{kind="device"}')).toHaveLength(1);
  expect(problemsOf('millpond_log_entries{sort="devices"}')).toHaveLength(2);
});

test('every expression of the dashboard asks for metrics, labels and values that are served', () => {
  expect(queries.length).toBeGreaterThan(50);
  const expressions = [
    ...queries.map(({ expr }) => expr),
    ...dashboard.annotations.list.map(({ expr }) => expr),
  ];
  const wrong = expressions.flatMap((expr) => problemsOf(filled(expr)).map((each) => [expr, each]));
  expect(wrong).toEqual([]);
});

test('every expression of the dashboard gives data, or is of what is absent while all is well', async () => {
  const without = new Set<string>();
  for (const { title, expr, legendFormat } of queries) {
    const expression = unfiltered(filled(expr));
    const { selectors } = readExpression(expression);
    const absent = selectors.filter((each) => servedBy(each).family.samples.length === 0);
    const results = await prometheus.query(expression);
    for (const { metric } of absent) without.add(metric);
    expect({ title, expr, isEmpty: results.length === 0 }).toEqual({
      title,
      expr,
      isEmpty: absent.length > 0,
    });
    // What the legend names is in every result.
    const names = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!);
    const missing = results.flatMap(({ metric }) => names.filter((name) => !(name in metric)));
    expect({ title, legendFormat, missing }).toEqual({ title, legendFormat, missing: [] });
  }
  expect([...without].filter((metric) => !absentWhenWell.includes(metric))).toEqual([]);
});

test("the dashboard's gateways are those that Prometheus knows", async () => {
  const { query } = dashboard.templating.list.find(({ name }) => name === 'instance') ?? {};
  expect(query).toMatchObject({ query: 'label_values(millpond_log_ready, instance)' });
  const found = await prometheus.query('group by (instance) (millpond_log_ready)');
  expect(found.map(({ metric }) => metric.instance)).toEqual([busy.addresses.http]);
});

describe('the dashboard', () => {
  test('has no two panels of one id, and none that lie over one another', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = (
      dashboard.panels as unknown as { gridPos: Record<'x' | 'y' | 'w' | 'h', number> }[]
    ).flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  test('shows every metric, or leaves it out for a reason', () => {
    const leftOut = [
      // Totals that say little beside the messages by outcome.
      'millpond_mqtt_messages_received_total',
      'millpond_mqtt_received_bytes_total',
      'millpond_mqtt_messages_delivered_total',
      // State of the broker that seldom moves.
      'millpond_mqtt_retained_messages',
      // Beside the frames of a port.
      'millpond_serial_received_bytes_total',
      'millpond_serial_discarded_bytes_total',
      'millpond_serial_gaps_total',
      'millpond_serial_gap_seconds_total',
      // How sealing and retention go on: what is shown of them says as much.
      'millpond_sealed_bytes_total',
      'millpond_seal_duration_seconds',
      'millpond_expired_segments_total',
      'millpond_stream_segments',
      'millpond_stream_watermark_offset',
      'millpond_dead_letters_trimmed_total',
      // Of gateways with Sparkplug nodes, or with producers over gRPC, alone.
      'millpond_sparkplug_rebirths_total',
      'millpond_producers_forgotten_total',
      'millpond_published_duplicates_total',
      // The groups' own say more, and so does a consumer's lag.
      'millpond_members',
      'millpond_consumers_connected',
      'millpond_consumer_readings_per_second',
      'millpond_query_processes',
    ];
    const shown = new Set(
      queries.flatMap(({ expr }) =>
        readExpression(filled(expr)).selectors.map((each) => servedBy(each).family.name),
      ),
    );
    const ours = [...families.keys()].filter((name) => /^(millpond|messaging|http)_/.test(name));
    expect(ours.filter((name) => !shown.has(name)).sort()).toEqual(leftOut.sort());
  });
});

describe('the alert rules', () => {
  test('are right for promtool, and each fires when it should and not before', async () => {
    expect(await promtool(['check', 'rules', '--lint-fatal', ruleFile])).toMatchObject({ code: 0 });
    const config = join(prometheusFolder, 'prometheus.yml');
    expect(await promtool(['check', 'config', config])).toMatchObject({ code: 0 });
    const tests = join(prometheusFolder, 'millpond-alerts-test.yml');
    expect(await promtool(['test', 'rules', tests])).toMatchObject({ code: 0 });
  });

  test('have a test that fires, each', async () => {
    const tests = readFileSync(join(prometheusFolder, 'millpond-alerts-test.yml'), 'utf8');
    const firing = [...tests.matchAll(/alertname: (\w+)\n\s+exp_alerts:\n/g)].map(
      ([, name]) => name,
    );
    const rules = await prometheus.rules();
    expect(rules.length).toBeGreaterThan(10);
    expect(firing.sort()).toEqual(rules.map(({ name }) => name).sort());
  });

  test('ask for metrics, labels and values that are served', async () => {
    const rules = await prometheus.rules();
    expect(rules.flatMap(({ query }) => problemsOf(query))).toEqual([]);
    expect(rules.map(({ health, lastError = '' }) => [health, lastError])).toEqual(
      rules.map(() => ['ok', '']),
    );
  });

  test('are silent at a gateway that is well, and one fires for its dead letters', async () => {
    await expect
      .poll(
        async () => {
          await busy.round();
          return (await prometheus.rules())
            .filter(({ state }) => state === 'firing')
            .map(({ name }) => name);
        },
        { timeout: 20_000 },
      )
      .toEqual(['MillpondDeadLetters']);
  });
});
