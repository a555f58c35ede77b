// QoS 1 publishes a second: bare aedes, Millpond with every batch fsynced, and, where they are
// installed, mosquitto with a persistent offline subscriber and NATS JetStream's MQTT. One after
// the other in each round, so that the machine's moods fall on all of them. With --seal-rows: aedes,
// and Millpond with sealing and retention at work and without.
//   npm run bench:ingest -- [--seal-rows 500k]
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connectAsync } from 'mqtt';
import { amount, amountText, median, printTable } from './support/figures.mjs';
import { unsealed } from './support/log-on-disk.mjs';
import {
  find,
  freePort,
  makeFolder,
  programVersion,
  root,
  runJson,
  startMillpond,
  startReady,
  stop,
  untilListening,
} from './support/processes.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SECONDS = process.env.BENCH_SECONDS ?? '8';
const { values } = parseArgs({ options: { 'seal-rows': { type: 'string' } } });
const SEAL_ROWS = values['seal-rows'] === undefined ? null : amount(values['seal-rows']);
/** So little that segments are dropped while it is measured. */
const KEPT = '20MB';

async function startAedes() {
  const started = await startReady(process.execPath, [join(root, 'bench/support/bare-aedes.mjs')]);
  return { port: started.ready.mqtt.split(':')[1], stop: started.stop };
}

async function startOurs(options) {
  const started = await startMillpond(options);
  return { port: started.ready.mqtt.split(':')[1], stop: started.stop };
}

async function startMosquitto(program) {
  const folder = makeFolder('mosquitto');
  const port = await freePort();
  const config = join(folder, 'mosquitto.conf');
  mkdirSync(join(folder, 'store'), { mode: 0o777 });
  writeFileSync(
    config,
    [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'user root',
      'persistence true',
      `persistence_location ${join(folder, 'store')}/`,
      'autosave_interval 1',
      // No limit: the default would drop what the offline subscriber has not read.
      'max_queued_messages 0',
      'max_queued_bytes 0',
      '',
    ].join('\n'),
  );
  const child = spawn(program, ['-c', config], { stdio: 'ignore' });
  await untilListening(port);
  await subscribeAndLeave(port);
  return { port: String(port), stop: () => stop(child, folder) };
}

async function startNats(program) {
  const folder = makeFolder('nats');
  const port = await freePort();
  const client = await freePort();
  const config = join(folder, 'nats.conf');
  writeFileSync(
    config,
    `listen: 127.0.0.1:${client}
server_name: bench
jetstream { store_dir: "${join(folder, 'store')}" }
mqtt { listen: "127.0.0.1:${port}" }
`,
  );
  const child = spawn(program, ['-c', config], { stdio: 'ignore' });
  await untilListening(port);
  await subscribeAndLeave(port);
  return { port: String(port), stop: () => stop(child, folder) };
}

/** A subscriber with a session that is away: what is published must be kept for it. */
async function subscribeAndLeave(port) {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    clientId: 'away',
    clean: false,
    protocolVersion: 4,
  });
  await client.subscribeAsync('sensors/#', { qos: 1 });
  await client.endAsync();
}

const targets = [{ name: 'aedes, no log', start: startAedes }];
if (SEAL_ROWS === null) {
  targets.push({ name: 'Millpond, each batch fsynced', start: () => startOurs() });
} else {
  const config = `streams:\n  - name: readings\n    retention: { bytes: ${KEPT} }\n`;
  const env = { MILLPOND_LOG_SEAL_ROWS: String(SEAL_ROWS) };
  targets.push(
    { name: 'Millpond, nothing sealed', start: () => startOurs({ env: unsealed.env }) },
    {
      name: `Millpond, ${amountText(SEAL_ROWS)} a segment, ${KEPT} kept`,
      start: () => startOurs({ env, config }),
    },
  );
}
const mosquitto = SEAL_ROWS === null ? find('mosquitto') : null;
if (mosquitto) {
  targets.push({ name: `mosquitto, offline subscriber`, start: () => startMosquitto(mosquitto) });
  console.log(programVersion(mosquitto, ['-h']));
}
const nats = SEAL_ROWS === null ? find('nats-server') : null;
if (nats) {
  targets.push({ name: 'NATS JetStream MQTT, file store', start: () => startNats(nats) });
  console.log(programVersion(nats));
}

const results = new Map(targets.map(({ name }) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const { name, start } of targets) {
    const target = await start();
    try {
      const { perSecond } = await runJson([
        join(root, 'bench/support/mqtt-load.mjs'),
        ...['--port', target.port, '--connections', '10', '--window', '100', '--seconds', SECONDS],
      ]);
      results.get(name).push(perSecond);
    } finally {
      await target.stop();
    }
  }
}

const base = median(results.get(targets[0].name));
const unsealedRate = SEAL_ROWS === null ? null : median(results.get('Millpond, nothing sealed'));
const natsRate = nats ? median(results.get('NATS JetStream MQTT, file store')) : null;
printTable(
  targets.map(({ name }) => {
    const rates = results.get(name);
    const rate = median(rates);
    return {
      target: name,
      'messages/s': Math.round(rate).toLocaleString('en'),
      'readings/s': Math.round(2 * rate).toLocaleString('en'),
      'min-max': `${Math.round(Math.min(...rates) / 1000)}-${Math.round(Math.max(...rates) / 1000)} k`,
      'of aedes': (rate / base).toFixed(2),
      ...(unsealedRate === null
        ? { 'of NATS': natsRate ? (rate / natsRate).toFixed(2) : 'n/a' }
        : { 'of nothing sealed': (rate / unsealedRate).toFixed(2) }),
    };
  }),
);
