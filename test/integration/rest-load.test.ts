// Many clients ask for the largest chart at once: each gets it whole or is told to come again, and
// devices and whoever asks for health wait for none of them.
import { connectAsync } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import type { z } from 'zod';
import type { seriesSchema } from '../../src/delivery/http/api/series.ts';
import { makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { publishAll, readingsRequest } from '../support/publish.ts';
import { connectTelemetry } from '../support/readings.ts';
import { scrape } from '../support/scrape.ts';

const SERIES = 100;
const POINTS = 200;
const CLIENTS = 60;
const WORKED_ON = 2;
const WAITING = 18;
const MINUTE_MS = 60_000;

test(`${CLIENTS} large charts at once hold up neither devices nor health`, async () => {
  const folder = makeFolder('rest-load');
  const gateway = await startGateway(folder, {
    MILLPOND_HTTP_REQUESTS_MAX: String(WORKED_ON),
    MILLPOND_HTTP_WAITING_MAX: String(WAITING),
  });
  onTestFinished(async () => {
    await gateway.kill();
    removeFolder(folder);
  });
  const { http, grpc, mqtt } = gateway.addresses;
  const startMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - (POINTS + 1) * MINUTE_MS;
  const telemetry = connectTelemetry(grpc);
  const minutes = Array.from({ length: POINTS }, (_, minute) =>
    readingsRequest(
      Array.from({ length: SERIES }, (_, series) => ({
        device: 'wide',
        metric: `m${series}`,
        measuredAtUs: BigInt((startMs + minute * MINUTE_MS) * 1000),
        value: { $case: 'number' as const, value: minute + Math.sin(series) },
      })),
    ),
  );
  await publishAll(telemetry, minutes);
  telemetry.close();
  const client = await connectAsync(`mqtt://${mqtt}`, { reconnectPeriod: 0 });

  const order: string[] = [];
  const range = `from=${startMs}&to=${startMs + POINTS * MINUTE_MS}&bucket=1m`;
  const charts = Array.from({ length: CLIENTS }, async () => {
    const answer = await fetch(`http://${http}/api/v1/series?device=wide&${range}`);
    const text = await answer.text();
    order.push('chart');
    return { answer, text };
  });
  const first = await Promise.race(charts);
  const others = [
    fetch(`http://${http}/healthz`).then(({ status }) => order.push(`health ${status}`)),
    client.publishAsync('sensors/probe/temperature', '1', { qos: 1 }).then(() => order.push('ack')),
    scrape(http).then(() => order.push('metrics')),
  ];
  const answers = await Promise.all(charts);
  await Promise.all(others);
  client.end(true);

  for (const probe of ['health 200', 'ack', 'metrics']) {
    expect(order.slice(0, order.lastIndexOf('chart'))).toContain(probe);
  }
  const whole = answers.filter(({ answer }) => answer.status === 200);
  expect(whole.length).toBeGreaterThanOrEqual(WORKED_ON + WAITING);
  const texts = new Set(whole.map(({ text }) => text));
  expect(texts.size).toBe(1);
  const { series } = JSON.parse([...texts][0] ?? '') as z.infer<typeof seriesSchema>;
  expect(series).toHaveLength(SERIES);
  expect(series.filter(({ points }) => points.length !== POINTS)).toEqual([]);
  // As many as have no place: the first of them are told at once.
  expect(first.answer.status).toBe(429);
  for (const { answer, text } of answers.filter(({ answer }) => answer.status !== 200)) {
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1']);
    expect(JSON.parse(text)).toMatchObject({ code: 'REST_BUSY' });
  }
});
