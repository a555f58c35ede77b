// A hundred browsers on the live readings: what they cost the gateway beside one that nobody follows,
// and beside a hundred for whom nothing can be shared.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { printTable } from './support/figures.mjs';
import { publishPaced } from './support/paced-publisher.mjs';
import { cpuSeconds, residentMB, root, startMillpond } from './support/processes.mjs';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 15);
const RATE = Number(process.env.BENCH_RATE ?? 100);
const FOLLOWERS = Number(process.env.BENCH_FOLLOWERS ?? 100);
/** The first seconds of a gateway are dear: its code is compiled. */
const WARMUP_SECONDS = 10;

async function startFollowers(http, isApart, readings) {
  const args = ['--http', http, '--followers', FOLLOWERS, '--readings', readings];
  const child = spawn(
    process.execPath,
    [join(root, 'bench/support/live-followers.mjs'), ...args, ...(isApart ? ['--apart'] : [])].map(
      String,
    ),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    if ((await lines.next()).done) throw new Error('the followers ended; see above');
  };
  await line();
  return { done: line, stop: () => child.kill() };
}

async function run(kind) {
  const warmup = RATE * WARMUP_SECONDS;
  const count = warmup + RATE * SECONDS;
  const gateway = await startMillpond({
    env: { MILLPOND_HTTP_FOLLOWERS_MAX: String(Math.max(200, FOLLOWERS)) },
  });
  const { pid } = gateway.child;
  const before = residentMB(pid).resident;
  let following;
  try {
    if (kind !== 'none') {
      following = await startFollowers(gateway.ready.http, kind === 'apart', count);
    }
    let cpuBefore = 0;
    const socket = await publishPaced(Number(gateway.ready.mqtt.split(':')[1]), {
      ...{ rate: RATE, count, warmup },
      atWarm: () => {
        cpuBefore = cpuSeconds(pid);
      },
    });
    await following?.done();
    const share = (cpuSeconds(pid) - cpuBefore) / SECONDS;
    socket.destroy();
    return {
      share,
      residentMB: residentMB(pid).resident,
      grownMB: residentMB(pid).resident - before,
    };
  } finally {
    following?.stop();
    await gateway.stop();
  }
}

const none = await run('none');
const shared = await run('shared');
const apart = await run('apart');
const percent = (share) => `${(share * 100).toFixed(1)} %`;
const row = (followers, result) => ({
  followers,
  'readings/s': RATE,
  'CPU of a core': percent(result.share),
  'for the followers': result === none ? '' : percent(result.share - none.share),
  'resident MB': result.residentMB.toFixed(0),
  'kB/follower':
    result === none ? '' : (((result.grownMB - none.grownMB) * 1000) / FOLLOWERS).toFixed(0),
});
printTable([row('none', none), row(FOLLOWERS, shared), row(`${FOLLOWERS}, nothing shared`, apart)]);
