// One of any number of workers that share the readings of a stream: start it several times, stop some
// of them in the middle, and every reading is still worked on, each device's in order.
//   npx tsx examples/typescript/worker.ts [ADDRESS]
import { MillpondClient } from 'millpond/client';

const client = new MillpondClient(process.argv[2]);
const stopping = new AbortController();
process.once('SIGINT', () => stopping.abort());
process.once('SIGTERM', () => stopping.abort());

await client.work(
  { group: 'worker-example', concurrency: 4, signal: stopping.signal },
  async ({ device, metric, value }, { deliveryCount }) => {
    // What is thrown here makes the reading come again, later, to whoever is free.
    if (value === 'broken' && deliveryCount === 1) throw new Error('it is broken');
    console.log(`${device} ${metric} ${value}, delivery ${deliveryCount}`);
  },
);
client.close();
