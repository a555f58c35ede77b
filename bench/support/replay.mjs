// One replay of a data directory, from first to last, through a gateway of its own.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, runJson, startMillpond } from './processes.mjs';

const TICK_US = 10_000;

/** Readings a second. `prepare` is called when the gateway is ready, before the client starts. */
export async function replay(options) {
  return (await replayMeasured(options)).perSecond;
}

/** What the client says, and the processor time that the gateway took for it. */
export async function replayMeasured({ directory, readings, mode, env = {}, prepare = () => {} }) {
  const gateway = await startMillpond({ directory, env });
  try {
    prepare();
    const startedUs = processorUs(gateway.child.pid);
    const client = join(root, 'bench/support/replay-client.mjs');
    const result = await runJson([client, '--grpc', gateway.ready.grpc, '--mode', mode]);
    if (result.readings !== readings) throw new Error(`${result.readings} of ${readings} came`);
    return { ...result, gatewayCpuUs: processorUs(gateway.child.pid) - startedUs };
  } finally {
    await gateway.stop();
  }
}

/** Of all threads of a process so far, in its own code and in the kernel. */
function processorUs(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}
