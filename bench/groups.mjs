// Readings a second that the members of a group take and acknowledge, with 1, 4 and 16 members, each
// in a process of its own; beside it, where it is installed, NATS JetStream's pull consumers on as
// many messages of the same bytes. Both servers hold everything on disk before the first is asked for.
//   npm run bench:groups
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { credentials } from '@grpc/grpc-js';
import { AdminServiceClient } from '../dist/generated/millpond/v1/admin_service.js';
import { Reading } from '../dist/generated/millpond/v1/reading.js';
import { TelemetryServiceClient } from '../dist/generated/millpond/v1/telemetry_service.js';
import { median, printTable } from './support/figures.mjs';
import {
  find,
  freePort,
  makeFolder,
  programVersion,
  root,
  startMillpond,
  stop,
  untilListening,
} from './support/processes.mjs';

const READINGS = Number(process.env.BENCH_READINGS ?? 200_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const MEMBERS = (process.env.BENCH_MEMBERS ?? '1,4,16').split(',').map(Number);
/** What a member may hold, on both sides. */
const CREDITS = 1000;
const DEVICES = 256;
const PUBLISH_READINGS = 500;
const POLL_MS = 20;
const CLOCK_TICKS_PER_SECOND = 100;

function readingOf(index) {
  return {
    device: `bench${index % DEVICES}`,
    metric: 'temperature',
    value: { $case: 'number', value: 20 + (index % 100) / 10 },
    unit: 'Cel',
    channel: '',
  };
}

async function startOurs() {
  const { child, ready, stop: end } = await startMillpond({ nodeArgs: profileArgs() });
  const client = new TelemetryServiceClient(ready.grpc, credentials.createInsecure());
  const admin = new AdminServiceClient(ready.grpc, credentials.createInsecure());
  await new Promise((resolve, reject) => {
    const call = client.publish((error) => (error ? reject(error) : resolve()));
    for (let first = 0; first < READINGS; first += PUBLISH_READINGS) {
      const length = Math.min(PUBLISH_READINGS, READINGS - first);
      const readings = Array.from({ length }, (_, i) => ({
        ...readingOf(first + i),
        measuredAtUs: 0n,
      }));
      call.write({
        content: { $case: 'readings', value: { readings } },
        producer: '',
        sequence: 0n,
      });
    }
    call.end();
  });
  const lag = (group) =>
    new Promise((resolve, reject) =>
      admin.listGroups({ stream: '', pageSize: 1000, pageToken: '' }, (error, response) => {
        if (error) reject(error);
        else resolve(Number(response.groups.find((each) => each.group === group)?.lag));
      }),
    );
  return {
    address: ready.grpc,
    pid: child.pid,
    prepare: async () => {},
    left: lag,
    stop: async () => {
      client.close();
      admin.close();
      await end();
    },
  };
}

function profileArgs() {
  const { BENCH_PROFILE } = process.env;
  return BENCH_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${BENCH_PROFILE}`] : [];
}

async function startNats(program) {
  const { connect } = await import('@nats-io/transport-node');
  const { AckPolicy, jetstreamManager, StorageType } = await import('@nats-io/jetstream');
  const folder = makeFolder('nats');
  const port = await freePort();
  const config = join(folder, 'nats.conf');
  const store = join(folder, 'store');
  writeFileSync(config, `listen: 127.0.0.1:${port}\njetstream { store_dir: "${store}" }\n`);
  const child = spawn(program, ['-c', config], { stdio: 'ignore' });
  await untilListening(port);
  const address = `127.0.0.1:${port}`;
  const connection = await connect({ servers: address });
  const manager = await jetstreamManager(connection);
  const name = 'readings';
  await manager.streams.add({ name, subjects: ['sensors.>'], storage: StorageType.File });
  const startUs = BigInt(Date.now()) * 1000n;
  for (let index = 0; index < READINGS; index++) {
    const reading = Reading.encode({
      ...readingOf(index),
      offset: BigInt(index),
      measuredAtUs: startUs + BigInt(index),
      receivedAtUs: startUs + BigInt(index),
      quality: 1,
      source: 'grpc',
    }).finish();
    connection.publish(`sensors.bench${index % DEVICES}`, reading);
    if (index % 5000 === 0) await connection.flush();
  }
  await connection.flush();
  for (;;) {
    const { state } = await manager.streams.info(name);
    if (state.messages === READINGS) break;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return {
    address,
    pid: child.pid,
    prepare: (group, members) =>
      manager.consumers.add(name, {
        durable_name: group,
        ack_policy: AckPolicy.Explicit,
        // The default of 1,000 is for all members together.
        max_ack_pending: members * CREDITS,
      }),
    left: async (group) => {
      const { num_pending, num_ack_pending } = await manager.consumers.info(name, group);
      return num_pending + num_ack_pending;
    },
    stop: async () => {
      await connection.close();
      await stop(child, folder);
    },
  };
}

function startMember(target, { address }, group) {
  const script = join(root, 'bench/support/group-member.mjs');
  const options = { target, address, group, credits: String(CREDITS) };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ready = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`a member ended with code ${code}`)));
  });
  return { child, ready };
}

/** Seconds of processor time that a process has taken. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

async function measure(name, server, { group, members }) {
  await server.prepare(group, members);
  const started = Array.from({ length: members }, () => startMember(name, server, group));
  try {
    await Promise.all(started.map(({ ready }) => ready));
    const cpuBefore = cpuSeconds(server.pid);
    const startedMs = performance.now();
    for (const { child } of started) child.stdin.write('begin\n');
    while ((await server.left(group)) !== 0) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const seconds = (performance.now() - startedMs) / 1000;
    const cpu = started.reduce((sum, { child }) => sum + cpuSeconds(child.pid), 0);
    return {
      rate: READINGS / seconds,
      serverUs: ((cpuSeconds(server.pid) - cpuBefore) * 1e6) / READINGS,
      memberUs: (cpu * 1e6) / READINGS,
    };
  } finally {
    const running = started.filter(({ child }) => child.exitCode === null);
    await Promise.all(running.map(({ child }) => stop(child)));
  }
}

const servers = { millpond: await startOurs() };
const nats = find('nats-server');
if (nats) {
  console.log(programVersion(nats));
  servers.nats = await startNats(nats);
}
const rows = [];
try {
  for (const members of MEMBERS) {
    const results = Object.fromEntries(Object.keys(servers).map((name) => [name, []]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, server] of Object.entries(servers)) {
        const group = `bench-${members}-${round}`;
        results[name].push(await measure(name, server, { group, members }));
      }
    }
    const of = (name, field) => median(results[name].map((result) => result[field]));
    for (const name of Object.keys(servers)) {
      rows.push({
        target: name === 'nats' ? 'NATS JetStream, pull' : 'Millpond, Consume',
        members,
        'acked/s': Math.round(of(name, 'rate')).toLocaleString('en'),
        'server CPU us each': of(name, 'serverUs').toFixed(1),
        'of NATS': servers.nats ? (of(name, 'rate') / of('nats', 'rate')).toFixed(2) : '',
      });
    }
  }
} finally {
  for (const server of Object.values(servers)) await server.stop();
}
printTable(rows);
