// A consumer that replays a stream from the start to its end, in a process of its own.
//
// node replay-client.mjs --grpc 127.0.0.1:50051 --mode count|decode
import { parseArgs } from 'node:util';
import { Client, credentials } from '@grpc/grpc-js';
import {
  SubscribeRequest,
  SubscribeResponse,
} from '../../dist/generated/millpond/v1/telemetry_service.js';

const { values } = parseArgs({
  options: { grpc: { type: 'string' }, mode: { type: 'string', default: 'count' } },
});
const METHOD = '/millpond.v1.TelemetryService/Subscribe';
const READINGS_TAG = 0x0a;

let at = 0;
function varint(bytes) {
  let value = 0;
  let shift = 1;
  let byte;
  do {
    byte = bytes[at++];
    value += (byte & 127) * shift;
    shift *= 128;
  } while (byte > 127);
  return value;
}

/** Steps over the readings of an encoded SubscribeResponse{batch} without looking into them. */
function count(bytes) {
  if (bytes[0] !== 0x0a) return 0;
  at = 1;
  const length = varint(bytes);
  const end = at + length;
  let readings = 0;
  while (at < end && bytes[at] === READINGS_TAG) {
    at += 1;
    const readingBytes = varint(bytes);
    at += readingBytes;
    readings += 1;
  }
  return readings;
}

let sum = 0;
function decode(bytes) {
  const { event } = SubscribeResponse.decode(bytes);
  if (event?.$case !== 'batch') return 0;
  for (const reading of event.value.readings) sum += reading.value?.value ?? 0;
  return event.value.readings.length;
}

const read = values.mode === 'decode' ? decode : count;
const client = new Client(values.grpc, credentials.createInsecure(), {
  'grpc.max_receive_message_length': 16 * 1024 * 1024,
});
const request = SubscribeRequest.fromPartial({
  start: { $case: 'offset', value: 0n },
  stopAtEnd: true,
});
const startedMs = performance.now();
let readings = 0;
let bytes = 0;
const call = client.makeServerStreamRequest(
  METHOD,
  (message) => Buffer.from(SubscribeRequest.encode(message).finish()),
  (message) => message,
  request,
);
call.on('data', (message) => {
  readings += read(message);
  bytes += message.length;
});
call.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
call.on('end', () => {
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(JSON.stringify({ readings, bytes, seconds, perSecond: readings / seconds, sum }));
  process.exit(0);
});
