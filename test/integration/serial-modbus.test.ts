// The Modbus master against slaves on a pty: what it reads, what it makes of it, and what it does when
// slaves are silent, refuse, or send nonsense.
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type {
  ModbusMaster,
  ModbusRegister,
  SerialPortConfig,
} from '../../src/core/serial-config.ts';
import { createDecoder } from '../../src/decode/decoder.ts';
import { decodePorts } from '../../src/decode/serial-ports.ts';
import { framed, ModbusSlaves, registersAnswer } from '../support/modbus-slaves.ts';
import { hasSocat } from '../support/pty.ts';
import type { Taken } from './mqtt-rig.ts';
import { line, serialRig } from './serial-rig.ts';

const plain = {
  function: 'holding',
  type: 'uint16',
  wordOrder: 'big',
  unit: '',
  channel: '',
  scale: 1,
  offset: 0,
} as const;

function register(
  own: Partial<ModbusRegister> & { metric: string; address: number },
): ModbusRegister {
  return { ...plain, ...own };
}

/** The time-out is long, so that a busy machine makes none; a test for silent slaves has its own. */
function masterOf(
  slaves: Record<number, ModbusRegister[]>,
  { timeoutMs = 10_000 } = {},
): ModbusMaster {
  return {
    intervalMs: 20,
    timeoutMs,
    slaves: Object.entries(slaves).map(([slave, registers]) => ({
      slave: Number(slave),
      device: `bus:${slave}`,
      registers,
    })),
  };
}

/** What the log thread makes of the messages, by the same config. */
function decoded(modbus: ModbusMaster, messages: readonly Taken[], payloads: readonly Buffer[]) {
  const port: SerialPortConfig = {
    kind: 'modbus',
    name: 'tty',
    path: '/dev/tty',
    profile: '',
    line,
    modbus,
  };
  const { options, problems } = decodePorts([port], []);
  expect(problems).toEqual([]);
  const decoder = createDecoder({ profiles: [], ...options });
  return messages.map((message, index) =>
    decoder.decode({ ...message, payload: payloads[index] as Buffer }),
  );
}

/** The rig's intake keeps payloads as text; these are bytes. */
function bytesOf(rig: ReturnType<typeof serialRig>): Buffer[] {
  const payloads: Buffer[] = [];
  const accept = rig.intake.accept.bind(rig.intake);
  rig.intake.accept = (message, settled) => {
    payloads.push(Buffer.from(message.payload));
    accept(message, settled);
  };
  return payloads;
}

describe.skipIf(!hasSocat)('a Modbus bus', () => {
  test('is read as signed, scaled, 32-bit, float and bit values, of several slaves', async () => {
    const modbus = masterOf({
      1: [
        register({ metric: 'temperature', address: 0, type: 'int16', scale: 0.1 }),
        register({ metric: 'humidity', address: 1, scale: 0.1 }),
        register({ metric: 'energy', address: 2, type: 'uint32', unit: 'Wh' }),
        register({ metric: 'power', address: 4, type: 'float32' }),
        register({
          metric: 'voltage',
          address: 10,
          type: 'uint32',
          wordOrder: 'little',
          scale: 0.01,
        }),
      ],
      7: [
        register({ metric: 'flow', address: 0, type: 'int32', function: 'input', unit: 'L/h' }),
        register({ metric: 'door', address: 9, type: 'bit', function: 'discrete' }),
        register({ metric: 'pump', address: 12, type: 'bit', function: 'discrete' }),
      ],
    });
    const rig = serialRig({ modbus });
    const payloads = bytesOf(rig);
    const float = Buffer.alloc(4);
    float.writeFloatBE(-230.5);
    const registers = registersAnswer({
      1: {
        0: 0xff38,
        1: 546,
        2: 0x0001,
        3: 0x86a0,
        4: float.readUInt16BE(0),
        5: float.readUInt16BE(2),
        10: 0x5a05,
        11: 0x0000,
      },
      7: { 0: 0xffff, 1: 0xfc18 },
    });
    const device = await rig.plug();
    const slaves = new ModbusSlaves(device, (request) =>
      request.functionCode === 2
        ? framed(7, 2, 1, request.address === 9 ? 0b0000_0001 : 0)
        : registers(request),
    );
    await rig.source.start();
    const messages = (await rig.intake.messages.count(5)).slice(0, 5);
    expect(messages.map(({ topic }) => topic)).toEqual([
      'tty/1/3/0/6',
      'tty/1/3/10/2',
      'tty/7/4/0/2',
      'tty/7/2/9/1',
      'tty/7/2/12/1',
    ]);
    const outcomes = decoded(modbus, messages, payloads);
    expect(outcomes.map(({ deadLetter }) => deadLetter)).toEqual([null, null, null, null, null]);
    const values = outcomes.flatMap(({ readings }) =>
      readings.map(({ device: name, metric, value, unit }) => [name, metric, value, unit]),
    );
    expect(values).toEqual([
      ['bus:1', 'temperature', -20, 'Cel'],
      ['bus:1', 'humidity', 54.6, '%RH'],
      ['bus:1', 'energy', 100, 'kWh'],
      ['bus:1', 'power', -230.5, 'W'],
      ['bus:1', 'voltage', 230.45, 'V'],
      ['bus:7', 'flow', -1, 'm3/h'],
      ['bus:7', 'door', 1, ''],
      ['bus:7', 'pump', 0, ''],
    ]);
    expect(slaves.requests.slice(0, 5).map(({ slave }) => slave)).toEqual([1, 1, 7, 7, 7]);
  });

  test('goes on when a slave is silent, refuses, or comes back', async () => {
    const temperature = register({ metric: 'temperature', address: 0 });
    const modbus = masterOf(
      {
        1: [temperature, register({ metric: 'humidity', address: 5 })],
        2: [temperature],
        3: [temperature],
      },
      { timeoutMs: 300 },
    );
    const rig = serialRig({ modbus });
    const device = await rig.plug();
    const slaves = new ModbusSlaves(device, registersAnswer({ 2: {}, 3: { 0: 21 } }));
    await rig.source.start();
    const silent = await rig.events.failures.first(({ slave }) => slave === 1);
    expect(silent).toEqual({ slave: 1, failure: 'timeout', detail: 'does not answer in time' });
    const refused = await rig.events.failures.first(({ slave }) => slave === 2);
    expect(refused).toMatchObject({
      failure: 'exception',
      detail: expect.stringContaining('Illegal data address'),
    });
    await rig.intake.messages.first(({ topic }) => topic === 'tty/3/3/0/1');
    expect(rig.source.status()[0]?.problem).toMatch(/^slave 1: does not answer in time$/);
    // One time-out a round for the silent slave, not one for each of its requests.
    expect(slaves.requests.some(({ slave, address }) => slave === 1 && address === 5)).toBe(false);
    expect(rig.intake.topics.every((topic) => topic === 'tty/3/3/0/1')).toBe(true);
    slaves.answer = registersAnswer({ 1: { 0: 20, 5: 50 }, 2: { 0: 22 }, 3: { 0: 21 } });
    await rig.intake.messages.first(({ topic }) => topic === 'tty/1/3/5/1');
    await rig.intake.messages.first(({ topic }) => topic === 'tty/2/3/0/1');
    while (rig.source.status()[0]?.problem !== null) {
      await rig.intake.messages.count(rig.intake.messages.all.length + 1);
    }
  });

  test('takes no late answer for that to another request', async () => {
    const modbus = masterOf(
      {
        1: [
          register({ metric: 'temperature', address: 0 }),
          register({ metric: 'humidity', address: 50 }),
        ],
      },
      { timeoutMs: 400 },
    );
    const rig = serialRig({ modbus });
    const payloads = bytesOf(rig);
    const device = await rig.plug();
    const registers = registersAnswer({ 1: { 0: 21, 50: 60 } });
    // A slave that is always late by more than a time-out and the pause behind it.
    const late: Promise<void>[] = [];
    const slaves = new ModbusSlaves(device, (request) => {
      const answer = registers(request) as Uint8Array;
      late.push(delay(600).then(() => device.write(answer)));
      return null;
    });
    onTestFinished(async () => {
      await Promise.all(late);
    });
    await rig.source.start();
    await rig.events.failures.count(3);
    await Promise.all(late);
    slaves.answer = registers;
    await rig.intake.messages.first(({ topic }) => topic === 'tty/1/3/0/1');
    await rig.intake.messages.first(({ topic }) => topic === 'tty/1/3/50/1');
    const outcomes = decoded(modbus, rig.intake.messages.all, payloads);
    const values = outcomes.flatMap(({ readings }) =>
      readings.map(({ metric, value }) => `${metric} ${value}`),
    );
    expect([...new Set(values)].sort()).toEqual(['humidity 60', 'temperature 21']);
  });

  test('keeps an answer with a wrong checksum, and makes no reading of it', async () => {
    const modbus = masterOf({ 1: [register({ metric: 'temperature', address: 0 })] });
    const rig = serialRig({ modbus });
    const payloads = bytesOf(rig);
    const device = await rig.plug();
    const wrong = Buffer.from('01030201317975', 'hex');
    const slaves = new ModbusSlaves(device, () => wrong);
    await rig.source.start();
    const [message] = await rig.intake.messages.count(1);
    expect(message).toMatchObject({ fault: 'checksum', topic: 'tty/1/3/0/1' });
    expect(payloads[0]).toEqual(wrong);
    slaves.answer = () => null;
    const [outcome] = decoded(modbus, [message as Taken], payloads);
    expect(outcome).toMatchObject({ readings: [], deadLetter: { reason: 'checksum' } });
    // The decoder would find it as well: the bytes go through it again when a dead letter is read again.
    const { fault: _, ...unmarked } = message as Taken;
    const [again] = decoded(modbus, [unmarked], payloads);
    expect(again).toMatchObject({ readings: [], deadLetter: { reason: 'checksum' } });
  });

  test('takes neither its own echo nor noise for the answer', async () => {
    const modbus = masterOf({
      1: [register({ metric: 'temperature', address: 0 })],
      2: [register({ metric: 'temperature', address: 0 })],
    });
    const rig = serialRig({ modbus });
    const payloads = bytesOf(rig);
    const device = await rig.plug();
    const sound = registersAnswer({ 1: { 0: 21 }, 2: { 0: 22 } });
    new ModbusSlaves(device, (request) =>
      Buffer.concat([request.bytes, Buffer.from([0]), sound(request) as Buffer]),
    );
    await rig.source.start();
    const messages = (await rig.intake.messages.count(2)).slice(0, 2);
    const outcomes = decoded(modbus, messages, payloads);
    const readings = outcomes.flatMap((outcome) => outcome.readings);
    expect(readings.map(({ device: name, value }) => [name, value])).toEqual([
      ['bus:1', 21],
      ['bus:2', 22],
    ]);
  });

  test('is polled again when it was pulled out and is back', async () => {
    const modbus = masterOf({ 1: [register({ metric: 'temperature', address: 0 })] });
    const rig = serialRig({ modbus });
    const first = await rig.plug();
    new ModbusSlaves(first, registersAnswer({ 1: { 0: 21 } }));
    await rig.source.start();
    await rig.intake.messages.count(1);
    await first.close();
    await rig.events.losses.first();
    const before = rig.intake.messages.all.length;
    const second = await rig.plug();
    new ModbusSlaves(second, registersAnswer({ 1: { 0: 22 } }));
    await rig.intake.messages.count(before + 1);
    expect(rig.events.losses.all).toHaveLength(1);
  });
});
