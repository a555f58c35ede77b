// Reads one day of readings and prints what each sensor did in each hour.
//   npx tsx examples/typescript/replay-day.ts [ADDRESS] [DAY, as 2026-01-31; today if left out]
import { MillpondClient } from 'millpond/client';

const client = new MillpondClient(process.argv[2]);
const day = new Date(process.argv[3] ?? new Date().toISOString().slice(0, 10));
const endUs = (day.getTime() + 24 * 3_600_000) * 1000;
const hours = new Map<string, { count: number; sum: number; min: number; max: number }>();

read: for await (const event of client.subscribe({ from: { time: day }, stopAtEnd: true })) {
  if (event.kind !== 'readings') continue;
  for (const { device, metric, unit, value, receivedAtUs } of event.readings) {
    if (receivedAtUs >= endUs) break read;
    if (typeof value !== 'number') continue;
    const hour = new Date(receivedAtUs / 1000).toISOString().slice(0, 13);
    const key = `${device} ${metric} ${unit} ${hour}`;
    const seen = hours.get(key) ?? { count: 0, sum: 0, min: value, max: value };
    hours.set(key, {
      count: seen.count + 1,
      sum: seen.sum + value,
      min: Math.min(seen.min, value),
      max: Math.max(seen.max, value),
    });
  }
}
client.close();

for (const [key, { count, sum, min, max }] of hours) {
  console.log(`${key}: ${count} readings, mean ${(sum / count).toFixed(2)}, ${min} to ${max}`);
}
