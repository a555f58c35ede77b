// Real messages of serial devices through the running gateway: fed through pseudo-terminals in random
// pieces, read back over gRPC. Each sample is followed by a reading that tells that it was taken.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { computeChecksum } from '../../src/core/checksum.ts';
import { AdminServiceClient } from '../../src/generated/millpond/v1/admin_service.ts';
import type { Reading } from '../../src/generated/millpond/v1/reading.ts';
import type { TelemetryServiceClient } from '../../src/generated/millpond/v1/telemetry_service.ts';
import {
  type Answer,
  type Fixture,
  isSame,
  loadFixtures,
  pair,
  payloadOf,
} from '../support/fixtures.ts';
import { type GatewayProcess, makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { ModbusSlaves, registersAnswer } from '../support/modbus-slaves.ts';
import { hasSocat, PtyPair } from '../support/pty.ts';
import { chooseSeed, randomFrom } from '../support/random.ts';
import { connectTelemetry, readingsOf, subscribeRequest } from '../support/readings.ts';

interface Port {
  readonly options: string;
  /** A whole message whose first reading is 11.2, or what `mark` says. */
  readonly marker: string | Buffer;
  readonly mark?: number;
}

const MARK = 11.2;

function nmea(body: string): string {
  const sum = computeChecksum('xor8', Buffer.from(body)).toString(16).padStart(2, '0');
  return `$${body}*${sum}\r\n`;
}

const pointSixBody = 'C800000000000000003216ABCD';
const pointSixSum = computeChecksum('sum8', Buffer.from(pointSixBody)).toString(16).toUpperCase();

const ports: Record<string, Port> = {
  arduino: { options: 'profile: arduino', marker: '\nTemperature: 11.2 C\n' },
  json: { options: 'profile: json-lines', marker: '\n{"t":11.2}\n' },
  nmea: { options: 'framing: nmea, profile: nmea', marker: `\r\n${nmea('ZZMTW,11.2,C')}` },
  mysensors: { options: 'profile: mysensors', marker: '99;9;1;0;0;11.2\n' },
  jeelink: { options: 'profile: jeelink', marker: 'OK 9 99 1 4 88 106\n' },
  dsmr: {
    options: 'framing: dsmr, profile: dsmr',
    marker: '/M\r\n1-0:1.7.0(11.2*W)\r\n!\r\n',
  },
  wxt: { options: 'profile: vaisala-wxt', marker: '9R2,Ta=11.2C,Ua=50P,Pa=1000.0H\r\n' },
  // Its first reading is the humidity.
  pointsix: {
    options: 'profile: point-six',
    marker: `${pointSixBody}${pointSixSum}\r`,
    mark: 50,
  },
  bthome: {
    options: 'framing: fixed, frame: { length: 7 }, profile: bthome',
    marker: Buffer.from('40026004038813', 'hex'),
  },
};

function portOf({ family, id, payload = '' }: Fixture): string | null {
  switch (family) {
    case 'arduino_serial':
      return payload.startsWith('{') ? 'json' : 'arduino';
    case 'nasty_serial':
      return 'arduino';
    case 'nmea_serial':
      return 'nmea';
    case 'mysensors_serial':
      return 'mysensors';
    case 'jeelink_lacrosse':
      return 'jeelink';
    case 'dsmr_p1':
      return 'dsmr';
    case 'ble_raw':
      return 'bthome';
    case 'onewire_w1':
      return id === 'onewire_w1-10' ? 'arduino' : null;
    case 'serial_ascii_checksum':
      return payload.startsWith('C8') ? 'pointsix' : 'wxt';
    default:
      return null;
  }
}

const all = loadFixtures().filter(({ transport }) => transport === 'serial');
const streamed = all.filter((fixture) => portOf(fixture) !== null);
const modbus = all.filter(({ family }) => family === 'modbus_rtu');
const files = all.filter(({ family, port }) => family === 'onewire_w1' && port?.startsWith('/sys'));

function toAnswer({ device, channel, metric, value, measuredAtUs }: Reading): Answer {
  const plain = value?.$case === 'text' ? value.value : (value?.value ?? Number.NaN);
  return { device, channel, metric, value: plain, measuredAtUs: Number(measuredAtUs) };
}

/** A bus on which every register holds the value. */
function registersOf(value: number) {
  const table = { 1: value, 2: value };
  return registersAnswer({ 1: table });
}

describe.skipIf(all.length === 0 || !hasSocat)('real serial messages through the gateway', () => {
  const random = randomFrom(chooseSeed());
  const pairs = new Map<string, PtyPair>();
  let folder: string;
  let sensors: string;
  let gateway: GatewayProcess;
  let telemetry: TelemetryServiceClient;
  let admin: AdminServiceClient;
  const buses = new Map<string, ModbusSlaves>();

  beforeAll(async () => {
    folder = makeFolder('serial-fixtures');
    sensors = join(folder, 'w1');
    mkdirSync(sensors);
    const named: [string, string][] = [
      ...Object.entries(ports).map(([name, { options }]): [string, string] => [name, options]),
      [
        'modbus',
        `framing: modbus-rtu, interval: 50ms, timeout: 3s, slaves: [{ slave: 1, registers: [
          { function: input, address: 1, metric: temperature, scale: 0.1 },
          { function: input, address: 2, metric: humidity, scale: 0.1 }] }]`,
      ],
      [
        'modbus-one',
        `framing: modbus-rtu, interval: 50ms, timeout: 3s, slaves: [{ slave: 1, device: "modbus:1",
          registers: [{ function: input, address: 1, metric: temperature, scale: 0.1 }] }]`,
      ],
    ];
    const entries: string[] = [];
    for (const [name, options] of named) {
      const pair = await PtyPair.open(folder, name);
      pairs.set(name, pair);
      entries.push(`  - { path: ${pair.port}, name: ${name}, ${options} }`);
    }
    entries.push(
      `  - { path: ${sensors}/28-*/w1_slave, name: w1, framing: file, profile: onewire, interval: 50ms }`,
    );
    for (const name of ['modbus', 'modbus-one']) {
      buses.set(name, new ModbusSlaves(pairs.get(name) as PtyPair, registersOf(0)));
    }
    const config = join(folder, 'millpond.yaml');
    writeFileSync(config, `serial:\n${entries.join('\n')}\n`);
    gateway = await startGateway(join(folder, 'data'), {}, ['--config', config]);
    telemetry = connectTelemetry(gateway.addresses.grpc);
    admin = new AdminServiceClient(gateway.addresses.grpc, credentials.createInsecure());
  });

  afterAll(async () => {
    telemetry.close();
    admin.close();
    await gateway.stop();
    for (const pair of pairs.values()) await pair.close();
    removeFolder(folder);
  });

  function totals(): Promise<{ end: bigint; deadLetters: bigint }> {
    return new Promise((resolve, reject) => {
      admin.getStatus({}, (error, status) => {
        if (error !== null) reject(error);
        else
          resolve({ end: status.streams[0]?.highWatermark ?? 0n, deadLetters: status.deadLetters });
      });
    });
  }

  /** The port's readings from the offset on, up to the `count`th that is the mark. */
  function readUntil(from: bigint, port: string, mark: number, count = 1): Promise<Answer[]> {
    return new Promise((resolve, reject) => {
      const found: Answer[] = [];
      let marks = 0;
      const start = { $case: 'offset', value: from } as const;
      const call = telemetry.subscribe(subscribeRequest({ start }));
      call.on('error', (error) => (marks === count ? undefined : reject(error)));
      call.on('data', (event) => {
        for (const reading of readingsOf([event])) {
          if (reading.source !== `serial:${port}` || marks === count) continue;
          const answer = toAnswer(reading);
          if (answer.value !== mark) {
            found.push(answer);
            continue;
          }
          marks += 1;
          if (marks < count) continue;
          call.cancel();
          resolve(found);
        }
      });
    });
  }

  async function feed(pair: PtyPair, bytes: Buffer): Promise<void> {
    const piecesMax = bytes.length > 4096 ? 8192 : 24;
    for (let from = 0; from < bytes.length; ) {
      const size = 1 + Math.floor(random() * piecesMax);
      await pair.write(bytes.subarray(from, from + size));
      from += size;
    }
  }

  function judge(fixture: Fixture, answers: readonly Answer[], deadLetters: bigint): void {
    for (const forbidden of fixture.must_not ?? []) {
      expect(answers.filter((answer) => isSame(answer, forbidden))).toEqual([]);
    }
    if (fixture.uncertain) return;
    expect(pair(fixture, answers).every((found) => found !== undefined)).toBe(true);
    if (fixture.expect !== 'readings') expect(answers).toEqual([]);
    const isKept = fixture.expect === 'dead_letter' || fixture.also === 'dead_letter';
    expect(deadLetters).toBe(isKept ? 1n : 0n);
  }

  test.each(streamed)('$id: $expect', async (fixture) => {
    const name = portOf(fixture) as string;
    const { marker, mark = MARK } = ports[name] as Port;
    const before = await totals();
    const device = pairs.get(name) as PtyPair;
    await feed(device, payloadOf(fixture));
    await feed(device, Buffer.from(marker as string));
    const answers = await readUntil(before.end, name, mark);
    const { deadLetters } = await totals();
    judge(fixture, answers, deadLetters - before.deadLetters);
  });

  test.each(modbus)('$id: $expect', async (fixture) => {
    const answer = payloadOf(fixture);
    const name = answer[2] === 4 ? 'modbus' : 'modbus-one';
    const bus = buses.get(name) as ModbusSlaves;
    const before = await totals();
    let isSent = false;
    bus.answer = (request) => {
      if (isSent) return registersOf(MARK * 10)(request);
      isSent = true;
      return answer;
    };
    const answers = await readUntil(before.end, name, MARK);
    bus.answer = registersOf(0);
    const { deadLetters } = await totals();
    // What the bus says while nothing is asked of it.
    const told = answers.filter(({ value }) => value !== 0);
    judge(fixture, told, deadLetters - before.deadLetters);
  });

  // The last one: a sensor whose CRC is wrong is a dead letter at every round.
  test('the files of 1-wire sensors', async () => {
    const before = await totals();
    const sound = '70 00 4b 46 7f ff 0c 10 00';
    const marker = {
      port: '/sys/bus/w1/devices/28-zzz/w1_slave',
      payload: `${sound} : crc=00 YES\n${sound} t=11200\n`,
    };
    for (const { port = '', payload = '' } of [...files, marker]) {
      const sensor = join(sensors, port.split('/').at(-2) as string);
      mkdirSync(sensor);
      writeFileSync(join(sensor, 'w1_slave'), payload);
    }
    // The first round may have begun before the last file was there.
    await readUntil(before.end, 'w1', MARK);
    const next = await totals();
    await readUntil(next.end, 'w1', MARK);
    const answers = await readUntil(before.end, 'w1', MARK, 2);
    const { deadLetters } = await totals();
    expect(deadLetters).toBeGreaterThan(before.deadLetters);
    for (const fixture of files) {
      const sensor = fixture.port?.split('/').at(-2);
      const own = answers.filter(({ device }) => device === sensor);
      for (const forbidden of fixture.must_not ?? []) {
        expect(own.filter((answer) => isSame(answer, forbidden))).toEqual([]);
      }
      if (fixture.uncertain) continue;
      expect(pair(fixture, own).every((found) => found !== undefined)).toBe(true);
      if (fixture.expect !== 'readings') expect(own).toEqual([]);
    }
  });
});
