// Publishing to a gateway whose disk is full at its start: nothing is taken until the log is open.
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { spawnGateway } from '../support/gateway.ts';
import { errorInfoOf } from '../support/grpc-error.ts';
import { publishAll, rawRequest } from '../support/publish.ts';
import { connectTelemetry, readAll } from '../support/readings.ts';
import { canMount, mountSmallDisk } from '../support/small-disk.ts';

test.skipIf(!canMount)('is refused while the log is not open, and stored once it is', async () => {
  const disk = mountSmallDisk(24);
  onTestFinished(() => disk.unmount());
  disk.fill();
  const starting = spawnGateway(join(disk.path, 'data'));
  onTestFinished(async () => {
    if (starting.child.exitCode === null) await starting.stop();
  });
  const { grpc } = await starting.line('no readings are taken until the log is open');
  const client = connectTelemetry(String(grpc));
  onTestFinished(() => client.close());
  const requests = [1, 2].map((sequence) =>
    rawRequest('a/power', String(sequence), { producer: 'p', sequence }),
  );
  const refused = await publishAll(client, requests).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: status.UNAVAILABLE });
  expect(errorInfoOf(refused as Parameters<typeof errorInfoOf>[0]).reason).toBe('LOG_OPENING');
  disk.free();
  const gateway = await starting.ready;
  expect(await publishAll(client, requests)).toBe(2);
  const readings = await readAll(gateway.addresses.grpc);
  expect(readings.map(({ value }) => value?.value)).toEqual([1, 2]);
  expect(await gateway.stop()).toBe(0);
});
