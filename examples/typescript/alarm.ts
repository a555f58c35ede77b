// Says when the mean of a thermometer's last ten readings rises above a limit, and when it is below
// it again. It looks only at what comes from now on.
//   npx tsx examples/typescript/alarm.ts [ADDRESS] [LIMIT IN °C]
import { MillpondClient } from 'millpond/client';

const client = new MillpondClient(process.argv[2]);
const limit = Number(process.argv[3] ?? 30);
const recent = new Map<string, number[]>();
const alarmed = new Set<string>();

console.log(`watching for more than ${limit} °C`);
for await (const event of client.subscribe({ from: 'latest', metrics: ['temperature'] })) {
  if (event.kind !== 'readings') continue;
  for (const { device, value } of event.readings) {
    if (typeof value !== 'number') continue;
    const values = [...(recent.get(device) ?? []), value].slice(-10);
    recent.set(device, values);
    const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
    if (mean > limit === alarmed.has(device)) continue;
    if (mean > limit) alarmed.add(device);
    else alarmed.delete(device);
    console.log(`${device}: ${mean > limit ? 'ALARM' : 'well again'}, mean ${mean.toFixed(1)} °C`);
  }
}
