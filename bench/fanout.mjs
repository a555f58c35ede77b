// Many followers of one stream: how long from publish to receipt, each durable first and each
// follower getting everything; what a follower costs the gateway. Beside it followers who share
// nothing, for each asks for another max_batch: what a read and an encoding for each would cost.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { printTable } from './support/figures.mjs';
import { publishPaced } from './support/paced-publisher.mjs';
import { cpuSeconds, residentMB, root, startMillpond } from './support/processes.mjs';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 10);
const WARMUP_SECONDS = 3;
const SAMPLE_MS = 250;
const SETUPS = [
  { followers: 1, rate: 2000 },
  { followers: 10, rate: 2000 },
  { followers: 100, rate: 2000 },
  { followers: 1000, rate: 100 },
  { followers: 10, rate: 2000, isApart: true },
  { followers: 100, rate: 2000, isApart: true },
  { followers: 1000, rate: 100, isApart: true },
];
const only = process.env.BENCH_FOLLOWERS?.split(',').map(Number);

async function startFollowers(address, { followers, isApart }, readings, warmup) {
  const child = spawn(
    process.execPath,
    [
      join(root, 'bench/support/fanout-followers.mjs'),
      ...['--grpc', address, '--followers', followers],
      ...['--readings', readings, '--warmup', warmup],
      ...(isApart ? ['--apart'] : []),
    ].map(String),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the followers ended; see above');
    return JSON.parse(value);
  };
  await line();
  return { result: line, stop: () => child.kill() };
}

async function run(setup) {
  const { followers, rate, isApart } = setup;
  const warmup = rate * WARMUP_SECONDS;
  const measured = rate * SECONDS;
  const gateway = await startMillpond({
    nodeArgs: process.env.BENCH_NODE_ARGS?.split(' ') ?? [],
    env: { MILLPOND_GRPC_SUBSCRIBERS_MAX: String(Math.max(1000, followers)) },
  });
  const { pid } = gateway.child;
  const before = residentMB(pid).resident;
  let peak = 0;
  const sampler = setInterval(() => {
    peak = Math.max(peak, residentMB(pid).resident);
  }, SAMPLE_MS);
  let following;
  try {
    following = await startFollowers(gateway.ready.grpc, setup, warmup + measured, warmup);
    let cpuBefore = 0;
    const socket = await publishPaced(Number(gateway.ready.mqtt.split(':')[1]), {
      rate,
      count: warmup + measured,
      warmup,
      atWarm: () => {
        cpuBefore = cpuSeconds(pid);
      },
    });
    const { toRead } = await following.result();
    const cpu = cpuSeconds(pid) - cpuBefore;
    socket.destroy();
    return {
      followers: isApart ? `${followers}, nothing shared` : followers,
      'readings/s': rate,
      'p50 ms': toRead.p50.toFixed(1),
      'p99 ms': toRead.p99.toFixed(1),
      'max ms': toRead.max.toFixed(1),
      'CPU of a core': `${((cpu / SECONDS) * 100).toFixed(0)} %`,
      'CPU µs/delivered': ((cpu * 1e6) / (measured * followers)).toFixed(2),
      'resident MB': peak.toFixed(0),
      'kB/follower': ((Math.max(0, peak - before) * 1000) / followers).toFixed(0),
    };
  } finally {
    clearInterval(sampler);
    following?.stop();
    await gateway.stop();
  }
}

const rows = [];
for (const setup of SETUPS) {
  if (only !== undefined && !only.includes(setup.followers)) continue;
  rows.push(await run(setup));
}
printTable(rows);
