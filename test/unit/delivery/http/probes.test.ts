// Metrics for many who scrape at one time: all are answered, few are collected.
import { expect, test } from 'vitest';
import { ask, startHttp } from '../../../support/http.ts';

const SCRAPERS = 80;

test('whoever scrapes in a loop, with many, gets answers and not all of the time', async () => {
  let collected = 0;
  const address = await startHttp({
    probes: {
      metrics: async () => `collected ${++collected}\n`,
      metricsContentType: 'text/plain',
      problem: () => null,
      isAlive: () => true,
    },
  });
  const startedMs = performance.now();
  const scrapers = Array.from({ length: SCRAPERS }, async () => {
    const seen: string[] = [];
    for (let scrape = 0; scrape < 3; scrape++) seen.push((await ask(address, '/metrics')).body);
    // Each answer is of after the question.
    expect(new Set(seen).size).toBe(3);
  });
  await Promise.all(scrapers);
  const spacings = (performance.now() - startedMs) / 100;
  expect(collected).toBeLessThanOrEqual(1 + spacings);
  expect(collected).toBeLessThan(SCRAPERS);
});
