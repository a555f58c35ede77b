// Publishes at a fixed rate over one socket and reads the readings back over gRPC, in one process,
// so that both ends have one clock. A message's value is its number.
//
// node latency-client.mjs --mqtt-port 1883 --grpc 127.0.0.1:50051 --rate 2000 --seconds 20
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { credentials } from '@grpc/grpc-js';
import {
  SubscribeRequest,
  TelemetryServiceClient,
} from '../../dist/generated/millpond/v1/telemetry_service.js';
import { quantiles } from './figures.mjs';
import { connectPacket, publishPacket } from './mqtt-packets.mjs';

const { values } = parseArgs({
  options: {
    'mqtt-port': { type: 'string' },
    grpc: { type: 'string' },
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '20' },
    warmup: { type: 'string', default: '3' },
    /** A process of which the bytes written after the warm-up are counted. */
    'io-of': { type: 'string' },
  },
});
const rate = Number(values.rate);
const warmup = rate * Number(values.warmup);
const total = warmup + rate * Number(values.seconds);
const sentMs = new Float64Array(total);
const toAckMs = [];
const toReadMs = [];
let writtenBefore = 0;
const socket = connect({ port: Number(values['mqtt-port']), host: '127.0.0.1', noDelay: true });

/** What the process has caused to be written to disks; 0 where nobody asked. */
function bytesWritten() {
  const pid = values['io-of'];
  if (pid === undefined) return 0;
  return Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))[1]);
}

function publish(number) {
  const id = (number % 65_535) + 1;
  const packet = publishPacket('sensors/latency/json', id, `{"count":${number}}`);
  if (number === warmup) writtenBefore = bytesWritten();
  sentMs[number] = performance.now();
  socket.write(packet);
}

let acknowledged = 0;
let isConnected = false;
let rest = 0;
socket.once('connect', () => {
  socket.write(connectPacket('latency'));
});
socket.on('data', (data) => {
  let bytes = data.length;
  if (!isConnected) {
    isConnected = true;
    bytes -= 4;
    start();
  }
  rest += bytes;
  // PUBACKs come in the order of the publishes, four bytes each.
  for (; rest >= 4; rest -= 4) {
    if (acknowledged >= warmup) toAckMs.push(performance.now() - sentMs[acknowledged]);
    acknowledged += 1;
  }
});

const client = new TelemetryServiceClient(values.grpc, credentials.createInsecure());
const call = client.subscribe(SubscribeRequest.fromPartial({ start: { $case: 'edge', value: 2 } }));
let read = 0;
call.on('data', ({ event }) => {
  if (event?.$case !== 'batch') return;
  const now = performance.now();
  for (const { value } of event.value.readings) {
    if (value.value !== read) throw new Error(`reading ${value.value} where ${read} was due`);
    if (read >= warmup) toReadMs.push(now - sentMs[read]);
    read += 1;
  }
  if (read === total) finish();
});
call.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});

function start() {
  // The subscription's start at the end of the log must be in place before the first message.
  setTimeout(() => {
    const startedMs = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - startedMs) * rate) / 1000));
      while (sent < due) publish(sent++);
      if (sent === total) clearInterval(timer);
    }, 1);
  }, 500);
}

function finish() {
  const written = bytesWritten() - writtenBefore;
  const readings = total - warmup;
  console.log(
    JSON.stringify({ toAck: quantiles(toAckMs), toRead: quantiles(toReadMs), written, readings }),
  );
  process.exit(0);
}
