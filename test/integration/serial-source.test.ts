// The serial source on pseudo-terminals: the contract of every source, ports that are absent, lost and
// found again, back-pressure, and stopping.
import { beforeEach, describe, expect, test } from 'vitest';
import { MillpondError } from '../../src/core/errors.ts';
import { createSerialSource } from '../../src/sources/serial/serial-source.ts';
import { describeSource } from '../contract/source.ts';
import { hasSocat, PtyPair } from '../support/pty.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { line, lines, serialRig } from './serial-rig.ts';

describe.skipIf(!hasSocat)('the serial source', () => {
  let pair: PtyPair;

  beforeEach(async () => {
    pair = await PtyPair.open(tempFolder(), 'boiler');
    return () => pair.close();
  });

  describeSource({
    name: 'serial',
    sourceName: 'serial:boiler',
    acknowledges: false,
    create: (intake) =>
      createSerialSource({
        intake,
        ports: [
          { kind: 'frames', name: 'boiler', path: pair.port, profile: '', line, framing: lines },
        ],
      }),
    async connect() {
      if (!pair.isOpenHere) throw new Error('nobody has the port open');
      return {
        send: (_topic, payload) => pair.write(`${payload}\n`),
        close: async () => {},
      };
    },
  });
});

describe.skipIf(!hasSocat)('a serial port', () => {
  test('that is absent does not keep the source from starting, and says what is wrong', async () => {
    const { source, events, path, plug, intake } = serialRig();
    await source.start();
    expect(source.status()).toEqual([
      { name: 'tty', path, isOpen: false, problem: expect.stringMatching(/^is not there; plug/) },
    ]);
    expect(events.problems.all).toHaveLength(1);
    const device = await plug();
    expect(await events.openings.first()).toEqual({ port: 'tty', gapMs: null });
    expect(source.status()).toEqual([{ name: 'tty', path, isOpen: true, problem: null }]);
    await device.write('\n21.5\n');
    await intake.messages.count(1);
    expect(intake.payloads).toEqual(['21.5']);
    expect(intake.messages.all[0]).toMatchObject({ source: 'serial:tty', topic: 'tty' });
  });

  test('that is no port says so', async () => {
    const source = createSerialSource({
      intake: serialRig().intake,
      ports: [
        { kind: 'frames', name: 'null', path: '/dev/null', profile: '', line, framing: lines },
      ],
    });
    await source.start();
    expect(source.status()[0]?.problem).toMatch(/serial port|cannot be used/);
    await source.stop();
  });

  test('is found again after it was pulled out; the frame that was cut is none', async () => {
    const { source, events, plug, intake } = serialRig();
    const first = await plug();
    await source.start();
    await first.write('Temperature: 21.5 C\nTemperature: 2');
    await intake.messages.count(1);
    await first.close();
    expect(await events.losses.first()).toBe('was unplugged');
    expect(source.status()[0]).toMatchObject({ isOpen: false });
    expect(await events.discards.first()).toEqual({ bytes: 14, reason: 'cut' });
    const second = await plug();
    const opened = await events.openings.first(({ gapMs }) => gapMs !== null);
    expect(opened.gapMs).toBeGreaterThan(0);
    // What comes right behind the opening may be the rest of a frame, up to the first line end.
    await second.write('1.6 C\nTemperature: 21.7 C\n');
    await intake.messages.first(({ payload }) => payload === 'Temperature: 21.7 C');
    expect(intake.payloads.filter((payload) => payload.startsWith('Temp'))).toEqual([
      'Temperature: 21.5 C',
      'Temperature: 21.7 C',
    ]);
  });

  test('is not read while the intake is full, and loses nothing', async () => {
    const { source, plug, intake } = serialRig();
    const device = await plug();
    await source.start();
    intake.isFull = true;
    await device.write('first\n');
    await intake.messages.count(1);
    const count = 2000;
    const numbers = Array.from({ length: count }, (_, index) => `${index}`.padStart(20, '0'));
    const written = device.write(numbers.map((number) => `${number}\n`).join(''));
    for (let turn = 0; turn < 200; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(intake.messages.all.length).toBe(1);
    intake.drain();
    await written;
    await intake.messages.count(1 + count);
    expect(intake.payloads.slice(1)).toEqual(numbers);
  });

  test('hands over what the framing faults, with the fault', async () => {
    const { source, plug, intake, events } = serialRig();
    const device = await plug();
    await source.start();
    await device.write(`${'T'.repeat(3000)}\nok\n`);
    await intake.messages.count(2);
    expect(intake.messages.all[0]).toMatchObject({ fault: 'frame_too_long' });
    expect(intake.messages.all[1]).not.toHaveProperty('fault');
    expect(events.faults).toEqual(['frame_too_long']);
  });

  test('tells of what could not be stored when it stops', async () => {
    const { source, plug, intake, events } = serialRig();
    const device = await plug();
    await source.start();
    intake.settlesAtOnce = false;
    await device.write('1\n2');
    await intake.messages.count(1);
    const stopped = source.stop();
    intake.settle(new MillpondError('LOG_STOPPING', 'no'));
    await stopped;
    expect(events.notStoredErrors).toHaveLength(1);
    expect(intake.payloads).toEqual(['1']);
    expect(device.isOpenHere).toBe(false);
  });
});
