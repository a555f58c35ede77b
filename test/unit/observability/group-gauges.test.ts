// Groups in the metrics: so many one by one, of the others the sum.
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { GroupStatus } from '../../../src/core/group.ts';
import { GroupGauges } from '../../../src/observability/group-gauges.ts';

function status(index: number): GroupStatus {
  return {
    stream: 'readings',
    group: `group-${index}`,
    nextOffset: 0,
    settledAbove: 0,
    members: 1,
    credits: 0,
    inFlight: index,
    waitingRedelivery: 0,
    waitingDevices: 0,
    redeliveries: 2,
    deadLetters: 0,
    stall: index === 250 ? { reason: 'no member', sinceUs: 0 } : null,
    settings: { ackDeadlineMs: 0, deliveriesMax: 0, devices: [], metrics: [] },
  };
}

test('of 260 groups 200 are shown, and the others together, also at the next scrape', async () => {
  const registry = new Registry();
  const gauges = new GroupGauges([registry]);
  const all = Array.from({ length: 260 }, (_, index) => status(index));
  for (let scrapes = 0; scrapes < 2; scrapes++) gauges.set(all);
  const lines = (await registry.metrics()).split('\n');
  const other = '{stream="readings",group="(other)"}';
  expect(lines.filter((line) => line.startsWith('millpond_group_members{'))).toHaveLength(201);
  expect(lines).toContain(
    'millpond_group_in_flight_readings{stream="readings",group="group-199"} 199',
  );
  expect(lines).toContain(`millpond_group_members${other} 60`);
  expect(lines).toContain(`millpond_group_redeliveries_total${other} 120`);
  expect(lines).toContain(`millpond_group_stalled${other} 1`);
});
