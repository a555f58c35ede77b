// Subscribes at random offsets, one after the other, and takes the time to the first batch of each.
//
// node seek-client.mjs --grpc 127.0.0.1:50051 --readings 1000000 --seeks 50 --seal-rows 500000
import { parseArgs } from 'node:util';
import { Client, credentials } from '@grpc/grpc-js';
import {
  SubscribeRequest,
  SubscribeResponse,
} from '../../dist/generated/millpond/v1/telemetry_service.js';
import { quantiles } from './figures.mjs';

const { values } = parseArgs({
  options: {
    grpc: { type: 'string' },
    readings: { type: 'string' },
    seeks: { type: 'string', default: '50' },
    'seal-rows': { type: 'string' },
  },
});
const readings = Number(values.readings);
const sealRows = Number(values['seal-rows']);
const client = new Client(values.grpc, credentials.createInsecure());

/** Milliseconds to the first message, which must begin with that offset. */
function seek(offset) {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    let tookMs = null;
    const call = client.makeServerStreamRequest(
      '/millpond.v1.TelemetryService/Subscribe',
      (message) => Buffer.from(SubscribeRequest.encode(message).finish()),
      (message) => message,
      SubscribeRequest.fromPartial({ start: { $case: 'offset', value: BigInt(offset) } }),
    );
    call.on('data', (message) => {
      if (tookMs !== null) return;
      tookMs = performance.now() - startedMs;
      const { event } = SubscribeResponse.decode(message);
      const found = event?.$case === 'batch' ? event.value.readings[0]?.offset : event?.$case;
      if (String(found) !== String(offset)) reject(new Error(`${found} came for ${offset}`));
      call.cancel();
    });
    call.on('error', (error) => (tookMs === null ? reject(error) : resolve(tookMs)));
  });
}

// The connection, and what is compiled at its first use; the newest segment is touched by it.
await seek(readings - 1);
const touched = new Set([Math.floor((readings - 1) / sealRows)]);
const allMs = [];
const firstTouchMs = [];
for (let count = 0; count < Number(values.seeks); count++) {
  const offset = Math.floor(Math.random() * readings);
  const segment = Math.floor(offset / sealRows);
  const tookMs = await seek(offset);
  allMs.push(tookMs);
  if (!touched.has(segment)) firstTouchMs.push(tookMs);
  touched.add(segment);
}
const firstTouches = firstTouchMs.length;
const toFirstTouch = firstTouches > 0 ? quantiles(firstTouchMs) : { p50: 0 };
console.log(JSON.stringify({ toBatch: quantiles(allMs), firstTouches, toFirstTouch }));
process.exit(0);
