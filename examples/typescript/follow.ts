// Follows every reading, and commits each batch once it is dealt with: stop it, start it again, and
// it goes on where it was.
//   npx tsx examples/typescript/follow.ts [ADDRESS]
import { MillpondClient } from 'millpond/client';

const client = new MillpondClient(process.argv[2]);
const consumer = 'follow-example';

for await (const event of client.subscribe({ consumer })) {
  if (event.kind === 'readings') {
    for (const { device, metric, value, unit } of event.readings) {
      console.log(`${device} ${metric} ${value} ${unit}`);
    }
    await client.commit(consumer, event.nextOffset);
  } else if (event.kind === 'gap') {
    console.error(`offsets ${event.firstOffset} to ${event.nextOffset} are gone: ${event.reason}`);
  }
}
