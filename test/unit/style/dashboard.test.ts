// The Grafana dashboard asks for metrics that there are.
import { expect, test } from 'vitest';
import { readSources, readText } from '../../support/source-tree.ts';

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly targets: readonly { expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly query: string }[] };
}

const dashboard = JSON.parse(readText('dashboards/millpond.json')) as Dashboard;
const queries = [
  ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...dashboard.templating.list.map(({ query }) => query),
].join('\n');

test('every metric of the dashboard is in the source', () => {
  const metrics = [...queries.matchAll(/\b(millpond_\w+?)(?:_bucket)?\b/g)].map(
    ([, name]) => name!,
  );
  expect(metrics.length).toBeGreaterThan(10);
  const code = readSources('src/observability')
    .map(({ text }) => text)
    .join('\n');
  expect(metrics.filter((name) => !code.includes(`'${name}'`))).toEqual([]);
});

test('every metric is on the dashboard, or is left out for a reason', () => {
  const leftOut = [
    // Totals that say little beside the messages by outcome.
    'millpond_mqtt_messages_received_total',
    'millpond_mqtt_received_bytes_total',
    'millpond_mqtt_messages_delivered_total',
    'millpond_mqtt_connects_total',
    // Of gateways with serial ports alone.
    'millpond_serial_port_open',
    'millpond_serial_received_bytes_total',
    'millpond_serial_frames_total',
    'millpond_serial_frame_faults_total',
    'millpond_serial_discarded_bytes_total',
    'millpond_serial_gaps_total',
    'millpond_serial_gap_seconds_total',
    'millpond_modbus_failures_total',
    // State of the broker that seldom moves.
    'millpond_mqtt_sessions',
    'millpond_mqtt_retained_messages',
    // How sealing and retention go on: the sizes beside them say as much.
    'millpond_sealed_readings_total',
    'millpond_sealed_bytes_total',
    'millpond_seal_duration_seconds',
    'millpond_expired_segments_total',
    'millpond_expired_readings_total',
    // Of gateways with Sparkplug nodes alone.
    'millpond_sparkplug_rebirths_total',
    // Of gateways with producers over gRPC alone.
    'millpond_publishers',
    'millpond_producers_forgotten_total',
    'millpond_published_duplicates_total',
    // The groups' own say more.
    'millpond_members',
    // For looking closer.
    'millpond_query_duration_seconds',
    'millpond_build_info',
    'millpond_disk_time_to_full_seconds',
    'millpond_query_processes',
    'millpond_commit_batch_readings',
    'millpond_dead_letters_trimmed_total',
    'millpond_stream_watermark_offset',
    'millpond_stream_segments',
    'millpond_consumer_readings_per_second',
    'millpond_consumers_connected',
    'millpond_subscriptions_waiting',
    'millpond_tail_feeds',
    'millpond_tail_followers',
  ];
  const metrics = readSources('src/observability').flatMap(({ text }) =>
    [...text.matchAll(/'(millpond_\w+)'/g)].map(([, name]) => name!),
  );
  expect(metrics.filter((name) => !queries.includes(name)).sort()).toEqual(leftOut.sort());
});

test('no two panels have the same id', () => {
  const ids = dashboard.panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});
