// Asks a gateway queries, as the generated client does.
import { credentials } from '@grpc/grpc-js';
import { TelemetryServiceClient } from '../../dist/generated/millpond/v1/telemetry_service.js';

export function connect(address) {
  return new TelemetryServiceClient(address, credentials.createInsecure());
}

/** Milliseconds to the last row, and how many there were. Throws the call's error. */
export async function ask(client, sql, signal) {
  const startedMs = performance.now();
  const none = { parameters: [], format: 0, timeLimitMs: 0, maxRows: 0n, maxBytes: 0n };
  const call = client.query({ ...none, sql });
  signal?.addEventListener('abort', () => call.cancel());
  let rows = 0;
  for await (const { part } of call) if (part?.$case === 'rows') rows += part.value.rows.length;
  return { ms: performance.now() - startedMs, rows };
}

/** Asks again and again, so many at a time, until the result is called; gives how many were answered. */
export function keepAsking(client, sql, concurrent) {
  const stopping = new AbortController();
  let answered = 0;
  const loops = Array.from({ length: concurrent }, async () => {
    while (!stopping.signal.aborted) {
      try {
        await ask(client, sql, stopping.signal);
        answered += 1;
      } catch (error) {
        // One that is starved reaches its limit of time: DEADLINE_EXCEEDED. The next one follows.
        if (!stopping.signal.aborted && error.code !== 4) throw error;
      }
    }
  });
  return async () => {
    stopping.abort();
    await Promise.all(loops);
    return answered;
  };
}
