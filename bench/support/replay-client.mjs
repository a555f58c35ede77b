// A consumer that replays a stream from the start to its end, in a process of its own.
//
// node replay-client.mjs --grpc 127.0.0.1:50051 --mode count|decode|arrow
import { parseArgs } from 'node:util';
import { Client, credentials } from '@grpc/grpc-js';
import { tableFromIPC } from '@uwdata/flechette';
import { Format } from '../../dist/generated/millpond/v1/format.js';
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

const perDevice = new Map();

/** Opens the columns: adds up the numbers, and counts the readings of each device by its code. */
function addUp(bytes) {
  const { event } = SubscribeResponse.decode(bytes);
  if (event?.$case !== 'arrow') return 0;
  // A copy, since the library wants its arrays aligned.
  const table = tableFromIPC(new Uint8Array(event.value.data), { useBigInt: true });
  for (const number of table.getChild('number').toArray()) sum += number;
  const [devices] = table.getChild('device').data;
  const counts = new Int32Array(devices.dictionary.length);
  for (const code of devices.values) counts[code] += 1;
  for (const [code, name] of devices.dictionary.toArray().entries()) {
    perDevice.set(name, (perDevice.get(name) ?? 0) + counts[code]);
  }
  return table.numRows;
}

const read = { count, decode, arrow: addUp }[values.mode];
const client = new Client(values.grpc, credentials.createInsecure(), {
  'grpc.max_receive_message_length': 16 * 1024 * 1024,
});
const request = SubscribeRequest.fromPartial({
  start: { $case: 'offset', value: 0n },
  stopAtEnd: true,
  format: values.mode === 'arrow' ? Format.FORMAT_ARROW : Format.FORMAT_ROWS,
});
const startedMs = performance.now();
const startedCpu = process.cpuUsage();
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
  const { user, system } = process.cpuUsage(startedCpu);
  const perSecond = readings / seconds;
  const cpuUs = user + system;
  const devices = perDevice.size;
  console.log(JSON.stringify({ readings, bytes, seconds, perSecond, cpuUs, sum, devices }));
  process.exit(0);
});
