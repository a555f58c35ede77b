// Clients of the REST interface that ask again as soon as they are answered and look at nothing but the
// status; beside them a device that publishes and somebody who asks for /healthz, each when it is due.
//
// node rest-load.mjs --http 127.0.0.1:8080 --mqtt-port 1883 --path /api/v1/status --clients 100 --seconds 10
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { quantiles } from './figures.mjs';
import { connectPacket, publishPacket } from './mqtt-packets.mjs';

const { values } = parseArgs({
  options: {
    http: { type: 'string' },
    'mqtt-port': { type: 'string' },
    path: { type: 'string' },
    clients: { type: 'string' },
    seconds: { type: 'string' },
  },
});
const PROBE_EVERY_MS = 20;
const WARMUP_MS = 1000;
const REFUSED_PAUSE_MS = 1000;
const found = { ackMs: [], healthMs: [], answered: 0, refused: 0, bytes: 0 };
let isMeasured = false;
let isOver = false;
/** Probes that were not answered yet. */
let due = 0;

function ask(path, agent) {
  return new Promise((resolve, reject) => {
    get(`http://${values.http}${path}`, { agent }, (response) => {
      let bytes = 0;
      response.on('data', (chunk) => {
        bytes += chunk.length;
      });
      response.once('end', () => resolve({ status: response.statusCode, bytes }));
      response.once('error', reject);
    }).once('error', reject);
  });
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function keepAsking() {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  while (!isOver) {
    const { status, bytes } = await ask(values.path, agent);
    if (status !== 200 && status !== 429) throw new Error(`answered with ${status}`);
    if (isMeasured && !isOver) {
      found.bytes += bytes;
      if (status === 200) found.answered += 1;
      else found.refused += 1;
    }
    if (status !== 200) await pause(REFUSED_PAUSE_MS);
  }
}

/** Every so often, whatever was answered: what is late counts for as long as it was. */
function probe(send) {
  const timer = setInterval(() => {
    if (isOver) clearInterval(timer);
    else send();
  }, PROBE_EVERY_MS);
}

function probeHealth() {
  const agent = new Agent({ keepAlive: true });
  probe(() => {
    const sentMs = performance.now();
    const isCounted = isMeasured;
    due += 1;
    void ask('/healthz', agent).then(() => {
      due -= 1;
      if (isCounted) found.healthMs.push(performance.now() - sentMs);
    });
  });
}

async function probeAcks() {
  const socket = connect({ port: Number(values['mqtt-port']), host: '127.0.0.1', noDelay: true });
  socket.write(connectPacket(`rest-${process.pid}`));
  const sentMs = [];
  let bytes = -4;
  socket.on('data', (data) => {
    // CONNACK first, then PUBACKs in the order of the publishes, four bytes each.
    for (bytes += data.length; bytes >= 4; bytes -= 4) {
      const { ms, isCounted } = sentMs.shift();
      due -= 1;
      if (isCounted) found.ackMs.push(performance.now() - ms);
    }
  });
  let number = 0;
  probe(() => {
    number += 1;
    const packet = publishPacket('sensors/probe/json', number, `{"count":${number}}`);
    due += 1;
    sentMs.push({ ms: performance.now(), isCounted: isMeasured });
    socket.write(packet);
  });
}

await probeAcks();
probeHealth();
for (let client = 0; client < Number(values.clients); client++) void keepAsking();
await pause(WARMUP_MS);
isMeasured = true;
const startedMs = performance.now();
await pause(Number(values.seconds) * 1000);
isMeasured = false;
const seconds = (performance.now() - startedMs) / 1000;
isOver = true;
// What was late to the end counts as well.
while (due > 0) await pause(PROBE_EVERY_MS);
const { ackMs, healthMs, ...counts } = found;
const figures = { ack: quantiles(ackMs), health: quantiles(healthMs) };
console.log(JSON.stringify({ ...figures, ...counts, seconds }));
process.exit(0);
