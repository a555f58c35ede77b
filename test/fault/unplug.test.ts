// A serial device is pulled out and plugged in again while it talks, several times: readings resume by
// themselves, no part of a frame becomes a reading, and each gap is told.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Follower } from '../support/follower.ts';
import { makeFolder, removeFolder, startGateway } from '../support/gateway.ts';
import { hasSocat, PtyPair } from '../support/pty.ts';
import { chooseSeed, randomFrom } from '../support/random.ts';
import { connectTelemetry, readAll, readingsOf } from '../support/readings.ts';

/** All have as many digits, so that a part of one is none of them. */
const FIRST = 1_000_000;
const READINGS_EACH = 200;
const ROUNDS = 3;

/** Sends numbers, one a line, in pieces of any size, until the cable is gone. */
async function talk(pair: PtyPair, first: number, random: () => number): Promise<number> {
  let next = first;
  let waiting = '';
  try {
    for (;;) {
      while (waiting.length < 64) {
        waiting += `${next}\n`;
        next += 1;
      }
      const size = 1 + Math.floor(random() * 40);
      await pair.write(waiting.slice(0, size));
      waiting = waiting.slice(size);
    }
  } catch {
    return next;
  }
}

function newest({ events }: Follower): number {
  const [reading] = readingsOf(events.slice(-1)).slice(-1);
  return (reading?.value?.value as number | undefined) ?? 0;
}

describe.skipIf(!hasSocat)('unplugging', () => {
  test('costs the frame that it cuts and what is said meanwhile, and nothing else', async () => {
    const random = randomFrom(chooseSeed());
    const folder = makeFolder('unplug');
    const config = join(folder, 'millpond.yaml');
    writeFileSync(config, `serial: [{ path: ${join(folder, 'tty')}, name: scale }]\n`);
    let pair = await PtyPair.open(folder, 'tty');
    const gateway = await startGateway(join(folder, 'data'), {}, ['--config', config]);
    const telemetry = connectTelemetry(gateway.addresses.grpc);
    const follower = new Follower(telemetry).read();
    let next = FIRST;
    const starts: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      starts.push(next);
      const wanted = next + READINGS_EACH;
      const talking = talk(pair, next, random);
      await follower.until(() => newest(follower) >= wanted);
      await pair.close();
      next = await talking;
      if (round < ROUNDS - 1) pair = await PtyPair.open(folder, 'tty');
    }
    follower.call.cancel();
    telemetry.close();

    let metrics = '';
    while (!/millpond_serial_port_open{port="scale"} 0/.test(metrics)) {
      metrics = await (await fetch(`http://${gateway.addresses.http}/metrics`)).text();
    }
    const readings = await readAll(gateway.addresses.grpc);
    await gateway.stop();
    removeFolder(folder);

    const numbers = readings.map(({ value }) => value?.value as number);
    expect(numbers.filter((number) => number < FIRST || number >= next)).toEqual([]);
    // In order, each once, and of every round.
    expect(numbers.every((number, index) => index === 0 || number > numbers[index - 1]!)).toBe(
      true,
    );
    for (const [round, start] of starts.entries()) {
      const end = starts[round + 1] ?? next;
      const own = numbers.filter((number) => number >= start && number < end);
      expect(own.length).toBeGreaterThan(0);
      // Without a gap but for those between the rounds.
      expect(own.at(-1)! - own[0]! + 1).toBe(own.length);
    }
    expect(metrics).toMatch(new RegExp(`millpond_serial_gaps_total{port="scale"} ${ROUNDS}`));
    expect(metrics).toMatch(/millpond_serial_gap_seconds_total{port="scale"} [0-9.]+/);
    expect(gateway.stderr()).toContain('serial port lost');
    expect(gateway.stderr()).toContain('serial port is back after a gap');
  });
});
