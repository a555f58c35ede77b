// A load of QoS 1 publishes over raw sockets, in a process of its own: packets are built before
// the start, so that what is measured is the broker. Prints one line of JSON at the end.
//
// node mqtt-load.mjs --port 1883 --connections 10 --window 100 --seconds 10 --warmup 2 [--messages N]
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { connectPacket, publishPacket } from './mqtt-packets.mjs';

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    connections: { type: 'string', default: '10' },
    window: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '10' },
    warmup: { type: 'string', default: '2' },
    /** Stop after this many acknowledged messages in all instead of after `seconds`. */
    messages: { type: 'string', default: '0' },
    /** The same, told in bytes of payload. */
    'payload-bytes': { type: 'string', default: '0' },
  },
});
const port = Number(values.port);
const connections = Number(values.connections);
const window = Number(values.window);
/** Packet ids 1 to this are used round and round; more than any window. */
const PREBUILT = 4096;
const CONNACK_BYTES = 4;
const PUBACK_BYTES = 4;

/** All packets of one connection back to back, with the end of each. */
function prebuild(device) {
  const packets = [];
  const ends = [];
  let payloadBytes = 0;
  let end = 0;
  for (let id = 1; id <= PREBUILT; id++) {
    const temperature = (20 + Math.sin(id / 100) * 5).toFixed(2);
    const humidity = (50 + Math.cos(id / 70) * 20).toFixed(1);
    const payload = Buffer.from(`{"temperature":${temperature},"humidity":${humidity}}`);
    const built = publishPacket(`sensors/${device}/json`, id, payload);
    packets.push(built);
    payloadBytes += payload.length;
    end += built.length;
    ends.push(end);
  }
  return { bytes: Buffer.concat(packets), ends, payloadBytes: payloadBytes / PREBUILT };
}

/** Of the mean message. */
const { payloadBytes } = prebuild('bench0');
const messagesMax =
  Number(values.messages) || Math.ceil(Number(values['payload-bytes']) / payloadBytes);
let acknowledged = 0;
let lastAckMs = performance.now();
let longestPauseMs = 0;
let sent = 0;
const sockets = [];

function start(index) {
  const { bytes, ends } = prebuild(`bench${index}`);
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let skip = CONNACK_BYTES;
  let partial = 0;
  let next = 0;

  function send(count) {
    sent += count;
    while (count > 0) {
      const run = Math.min(count, PREBUILT - next);
      const from = next === 0 ? 0 : ends[next - 1];
      socket.write(bytes.subarray(from, ends[next + run - 1]));
      next = (next + run) % PREBUILT;
      count -= run;
    }
  }

  socket.on('connect', () => socket.write(connectPacket(`load-${process.pid}-${index}`)));
  socket.on('data', (data) => {
    let length = data.length;
    if (skip > 0) {
      const taken = Math.min(skip, length);
      skip -= taken;
      length -= taken;
      if (skip === 0) send(window);
    }
    partial += length;
    const acks = Math.floor(partial / PUBACK_BYTES);
    partial -= acks * PUBACK_BYTES;
    acknowledged += acks;
    noteAck(performance.now());
    if (messagesMax > 0) {
      const more = Math.min(acks, Math.max(0, messagesMax - sent));
      if (more > 0) send(more);
      if (acknowledged >= messagesMax) finish();
    } else if (acks > 0) {
      send(acks);
    }
  });
  socket.on('error', (error) => {
    console.error(`connection ${index}: ${error.message}`);
    process.exit(1);
  });
  sockets.push(socket);
}

/** Of all connections together: how long nobody got an acknowledgement. */
function noteAck(nowMs) {
  longestPauseMs = Math.max(longestPauseMs, nowMs - lastAckMs);
  lastAckMs = nowMs;
}

let startedMs = performance.now();
let startedAt = 0;
function finish() {
  const seconds = (performance.now() - startedMs) / 1000;
  const counted = acknowledged - startedAt;
  const result = { messages: counted, seconds, perSecond: counted / seconds };
  console.log(JSON.stringify({ ...result, payloadBytes: counted * payloadBytes, longestPauseMs }));
  for (const socket of sockets) socket.destroy();
  process.exit(0);
}

for (let index = 0; index < connections; index++) start(index);
if (messagesMax === 0) {
  setTimeout(() => {
    startedMs = performance.now();
    startedAt = acknowledged;
    setTimeout(finish, Number(values.seconds) * 1000);
  }, Number(values.warmup) * 1000);
}
