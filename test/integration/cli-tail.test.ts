// `millpond tail` against a real gateway: what it prints, and that restarts lose and repeat nothing.
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliRig, expectUnbroken, publish, readingsOf, temperatures } from './cli-rig.ts';

let rig: CliRig;

beforeEach(() => {
  rig = new CliRig();
});

afterEach(() => rig.close());

test('prints what is stored, for people and as JSON, and ends with 0', async () => {
  const { mqtt, grpc } = await rig.gateway();
  await publish(mqtt, [
    ['home/attic/temperature', '21.5'],
    ['sensors/barn/json', '{"temperature":4.25,"ts":1704067200000}'],
  ]);
  const shown = await rig.run(['tail', '--grpc', grpc, '--from', 'earliest', '--stop-at-end']);
  expect(shown).toMatchObject({ code: 0, err: '' });
  const [attic, barn, ...others] = shown.out.split('\n');
  expect(others).toEqual(['']);
  expect(attic).toMatch(/^\d{4}-.*\+00:00 +0 {2}attic +temperature +21.5 Cel$/);
  expect(barn).toMatch(
    /^2024-01-01 00:00:00.000\+00:00 +1 {2}barn .* 4.25 Cel {2}\(clock suspect, came /,
  );

  const { out } = await rig.run(['tail', '--grpc', grpc, '--stop-at-end', '--json']);
  expect(readingsOf(out)).toMatchObject([
    { offset: '0', device: 'attic', value: 21.5, unit: 'Cel', quality: 'good' },
    {
      offset: '1',
      device: 'barn',
      measuredAt: '2024-01-01T00:00:00.000000Z',
      quality: 'clockSuspect',
    },
  ]);
});

test('starts where it is told, lets through what the globs match, and counts', async () => {
  const { mqtt, grpc } = await rig.gateway();
  await publish(mqtt, temperatures('attic', 0, 5));
  await publish(mqtt, [['home/barn/humidity', '50'], ...temperatures('barn', 10, 5)]);
  const tail = async (...args: string[]) => {
    const { out } = await rig.run(['tail', '--grpc', grpc, '--json', '--stop-at-end', ...args]);
    return readingsOf(out).map(({ value }) => value);
  };
  expect(await tail('--from', '3')).toEqual([3, 4, 50, 10, 11, 12, 13, 14]);
  expect(await tail('--from', '3', '--count', '4')).toEqual([3, 4, 50, 10]);
  expect(await tail('--device', 'b*', '--metric', 'temp*')).toEqual([10, 11, 12, 13, 14]);
  expect(await tail('--device', 'x', '--device', 'att?c', '-n', '1')).toEqual([0]);
  expect(await tail('--from', '-1h', '-n', '2')).toEqual([0, 1]);
  expect(await tail('--from', '2999-01-01')).toEqual([]);
  expect(await tail('--from', 'latest')).toEqual([]);
});

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'waits while the gateway restarts after %s, and goes on without gap or duplicate',
  async (signal) => {
    const first = await rig.gateway();
    await publish(first.mqtt, temperatures('attic', 0, 100));
    const tail = rig.start(['tail', '--grpc', first.grpc, '--from', 'earliest', '--json']);
    await tail.until('out', '"offset":"99"');
    await publish(first.mqtt, temperatures('attic', 100, 50));
    first.child.kill(signal);
    await first.ended;
    await tail.until('err', 'the gateway went away');
    const second = await rig.gateway(['serve'], { MILLPOND_GRPC_LISTEN: first.grpc });
    await publish(second.mqtt, temperatures('attic', 150, 50));
    await tail.until('out', '"offset":"199"');
    tail.child.kill('SIGINT');
    expect(await tail.ended).toBe(0);
    expectUnbroken(readingsOf(tail.told.out), 200);
    expect(tail.told.err.split('\n')).toEqual([
      expect.stringMatching(/^the gateway went away: .*; trying again$/),
      'connected again; going on where it broke off',
      '',
    ]);
  },
);

test('from latest, what comes while the gateway restarts is shown though nothing came before', async () => {
  const first = await rig.gateway();
  await publish(first.mqtt, temperatures('attic', 0, 3));
  const tail = rig.start(['tail', '--grpc', first.grpc, '--json']);
  await expect
    .poll(async () => JSON.parse((await rig.run(['status', '--grpc', first.grpc, '--json'])).out))
    .toMatchObject({ subscribers: 1 });
  first.child.kill('SIGTERM');
  await first.ended;
  await tail.until('err', 'the gateway went away');
  const second = await rig.gateway(['serve'], { MILLPOND_GRPC_LISTEN: first.grpc });
  await publish(second.mqtt, temperatures('attic', 3, 2));
  await tail.until('out', '"offset":"4"');
  expect(readingsOf(tail.told.out).map(({ offset }) => offset)).toEqual(['3', '4']);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it with 0', async (signal) => {
  const { mqtt, grpc } = await rig.gateway();
  await publish(mqtt, temperatures('attic', 0, 1));
  const tail = rig.start(['tail', '--grpc', grpc, '--from', '0']);
  await tail.until('out', '\n');
  tail.child.kill(signal);
  expect(await tail.ended).toBe(0);
  expect(tail.told.err).toBe('');
});

test('ends quietly when the reader of its pipe goes away', async () => {
  const { mqtt, grpc } = await rig.gateway();
  await publish(mqtt, temperatures('attic', 0, 1));
  const tail = rig.start(['tail', '--grpc', grpc, '--from', '0']);
  await tail.until('out', '\n');
  tail.child.stdout?.destroy();
  await publish(mqtt, temperatures('attic', 1, 1));
  await once(tail.child, 'exit');
  expect({ code: tail.child.exitCode, err: tail.told.err }).toEqual({ code: 0, err: '' });
});

test('a reader that pauses gets everything later, and Ctrl-C ends it while it waits', async () => {
  // 100,000 lines of 250 bytes: far more than the pipe, the stream and HTTP/2 hold together.
  const { mqtt, grpc } = await rig.gateway();
  const metrics = Array.from({ length: 500 }, (_, index) => `"m${index}":${index}`).join(',');
  await publish(
    mqtt,
    Array.from({ length: 200 }, () => ['sensors/wide/json', `{${metrics}}`] as const),
  );
  const args = ['tail', '--grpc', grpc, '--from', 'earliest', '--json'];
  const paused = rig.start([...args, '--count', '100000']);
  await paused.until('out', '\n');
  paused.child.stdout?.pause();
  const waiting = rig.start(args);
  await waiting.until('out', '\n');
  waiting.child.stdout?.pause();
  waiting.child.kill('SIGINT');
  await once(waiting.child, 'exit');
  expect(waiting.child.exitCode).toBe(0);
  expect(paused.child.exitCode).toBeNull();
  paused.child.stdout?.resume();
  expect(await paused.ended).toBe(0);
  const offsets = readingsOf(paused.told.out).map(({ offset }) => Number(offset));
  expect(offsets).toEqual(Array.from({ length: 100_000 }, (_, index) => index));
});

test('what is wrong with a request is told, with the exit code that goes with it', async () => {
  const { grpc } = await rig.gateway();
  for (const [args, code, told] of [
    [['--from', '99'], 1, 'code: OFFSET_BEYOND_END'],
    [['--stream', 'other'], 1, 'code: STREAM_UNKNOWN'],
    [['--from', 'then'], 2, 'code: USAGE'],
    [['--count', '0'], 2, 'code: USAGE'],
    [['--device', ''], 1, 'code: REQUEST_INVALID'],
  ] as const) {
    const ended = await rig.run(['tail', '--grpc', grpc, ...args]);
    expect({ args, ...ended }).toMatchObject({ args, code, out: '' });
    expect(ended.err).toContain(told);
  }
});

test('without a gateway it ends at once with 69 and says what to do', async () => {
  const { code, err } = await rig.run(['tail', '--grpc', '127.0.0.1:1']);
  expect(code).toBe(69);
  expect(err).toContain('cannot reach the gateway at 127.0.0.1:1: nobody listens there');
  expect(err).toContain('millpond serve');
});
