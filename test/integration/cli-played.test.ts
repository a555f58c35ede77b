// `tail` and `status` against a gateway that is played here, for what a real one seldom does: offsets that
// are gone, names with control characters, an answer that is no gateway's.
import { Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  AdminServiceService,
  GetStatusResponse,
} from '../../src/generated/millpond/v1/admin_service.ts';
import type { Reading } from '../../src/generated/millpond/v1/reading.ts';
import {
  type SubscribeRequest,
  SubscribeResponse,
  TelemetryServiceService,
} from '../../src/generated/millpond/v1/telemetry_service.ts';
import { CliRig } from './cli-rig.ts';

type Events = readonly Parameters<typeof SubscribeResponse.fromPartial>[0][];

let rig: CliRig;
let server: Server;

beforeEach(() => {
  rig = new CliRig();
  server = new Server();
});

afterEach(async () => {
  server.forceShutdown();
  await rig.close();
});

function listen(): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(`127.0.0.1:${port}`);
      else reject(error);
    });
  });
}

async function play(events: Events): Promise<string> {
  server.addService(AdminServiceService, {
    getStatus: (_call: unknown, respond: (error: null, status: GetStatusResponse) => void) =>
      respond(null, GetStatusResponse.fromPartial({ ready: true })),
  });
  server.addService(TelemetryServiceService, {
    subscribe: (call: ServerWritableStream<SubscribeRequest, SubscribeResponse>) => {
      for (const event of events) call.write(SubscribeResponse.fromPartial(event));
      call.end();
    },
    commit: () => {},
  });
  return listen();
}

const reading: Partial<Reading> = {
  offset: 20n,
  device: 'evil\u001b[2J\nname',
  metric: 'temperature',
  value: { $case: 'number', value: 21.5 },
  unit: 'Cel',
  quality: 1,
};

const events: Events = [
  {
    event: {
      $case: 'gap',
      value: { firstOffset: 10n, nextOffset: 20n, reason: 'RETENTION' },
    },
  },
  { event: { $case: 'batch', value: { readings: [reading], nextOffset: 21n } } },
  { event: { $case: 'progress', value: { nextOffset: 30n } } },
];

test('a gap is a line of its own, and no name can break the lines', async () => {
  const address = await play(events);
  const { code, out, err } = await rig.run(['tail', '--grpc', address, '--stop-at-end']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const lines = out.split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[0]).toBe(
    '-- gap: offsets 10 to 19 are gone and will not come: 10 readings, RETENTION --',
  );
  expect(lines[1]).toContain('  evil\\u001b[2J\\nname  ');
});

test('a gap is an object of its own with --json, and counts as no reading', async () => {
  const address = await play(events);
  const { code, out } = await rig.run(['tail', '--grpc', address, '--json', '--count', '1']);
  expect(code).toBe(0);
  expect(
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { event: 'gap', firstOffset: '10', nextOffset: '20', reason: 'RETENTION' },
    { event: 'reading', offset: '20', device: reading.device },
  ]);
});

test.each(['tail', 'status'])('%s at a server that is no gateway ends with 69', async (command) => {
  const address = await listen();
  const { code, err } = await rig.run([command, '--grpc', address]);
  expect(code).toBe(69);
  expect(err).toContain('answers, but not as a Millpond gateway');
});

test('status of a gateway that cannot take readings says why and ends with 1', async () => {
  server.addService(AdminServiceService, {
    getStatus: (_call: unknown, respond: (error: null, status: GetStatusResponse) => void) =>
      respond(null, GetStatusResponse.fromPartial({ ready: false, problem: 'The disk is full.' })),
  });
  const { code, out, err } = await rig.run(['status', '--grpc', await listen()]);
  expect({ code, err }).toEqual({ code: 1, err: '' });
  expect(out).toContain('NOT READY');
  expect(out).toContain('why: The disk is full.');
});
