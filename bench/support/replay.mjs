// One replay of a data directory, from first to last, through a gateway of its own.
import { join } from 'node:path';
import { root, runJson, startMillpond } from './processes.mjs';

/** Readings a second. `prepare` is called when the gateway is ready, before the client starts. */
export async function replay({ directory, readings, mode, env = {}, prepare = () => {} }) {
  const gateway = await startMillpond({ directory, env });
  try {
    prepare();
    const client = join(root, 'bench/support/replay-client.mjs');
    const result = await runJson([client, '--grpc', gateway.ready.grpc, '--mode', mode]);
    if (result.readings !== readings) throw new Error(`${result.readings} of ${readings} came`);
    return result.perSecond;
  } finally {
    await gateway.stop();
  }
}
