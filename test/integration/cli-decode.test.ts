// `millpond decode`: no gateway, only profiles and a payload.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliRig } from './cli-rig.ts';

let rig: CliRig;

beforeEach(() => {
  rig = new CliRig();
});

afterEach(() => rig.close());

test('tells the profile, what is read and what is left out', async () => {
  const payload =
    '{"DS18B20-1":{"Id":"A","Temperature":13.3},"DS18B20-2":{"Id":"B","Temperature":-127}}';
  const { code, out, err } = await rig.run(['decode', '-t', 'tele/boiler/SENSOR', payload]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.split('\n')).toEqual([
    'profile: tasmota',
    'reading: boiler · A · temperature = 13.3 Cel, on arrival',
    expect.stringMatching(/^left out: 1 × sentinel/),
    '',
  ]);
});

test('a dead letter is told with its reason, and no control character of the payload', async () => {
  const { code, out } = await rig.run(['decode', '-t', 'home/a/temperature', '\u001b[2J']);
  expect(code).toBe(0);
  expect(out).toContain('dead letter: invalid_number');
  expect(out).not.toContain('\u001b');
});

test.each([
  ['an argument', ['70.7°F'], ''],
  ['standard input', ['-'], '70.7°F\r\n'],
  ['hexadecimal digits', ['--hex', '37 30 2e 37 46'], ''],
  ['hexadecimal digits on standard input', ['--hex', '-'], '0x37302e3746\n'],
  ['a file', ['--file', 'payload.bin'], ''],
])('takes the payload from %s', async (_name, args, input) => {
  writeFileSync(join(rig.folder, 'payload.bin'), '70.7F');
  const { code, out } = await rig.run(
    ['decode', '-t', 'home/a/temperature', '--json', ...args],
    input,
  );
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    profile: 'plain-number',
    readings: [
      {
        device: 'a',
        channel: '',
        metric: 'temperature',
        value: 21.5,
        unit: 'Cel',
        quality: 'good',
      },
    ],
    dropped: [],
    deadLetter: null,
  });
});

test('a negative number is a payload and no option', async () => {
  const { out } = await rig.run(['decode', '-t', 'home/a/temperature', '--json', '-127.00']);
  expect(JSON.parse(out)).toMatchObject({ readings: [], dropped: ['sentinel'] });
});

test('a profile of one’s own is tried first, and told of when it was not used', async () => {
  writeFileSync(
    join(rig.folder, 'barn.yaml'),
    'profile: barn\nmatch: ["barn/{device}"]\nformat: number\nreadings: [{ metric: temperature, unit: C, scale: 0.1 }]\n',
  );
  const used = await rig.run(['decode', '-p', 'barn.yaml', '-t', 'barn/n1', '215']);
  expect(used).toMatchObject({ code: 0, err: '' });
  expect(used.out).toContain('profile: barn\nreading: n1 · temperature = 21.5 Cel');
  const other = await rig.run(['decode', '-p', 'barn.yaml', '-t', 'home/n1/temperature', '215']);
  expect(other.err).toContain('note: barn of barn.yaml was not used');
});

test('a frame of a serial port is read by its profile, of the config or to be tried', async () => {
  writeFileSync(
    join(rig.folder, 'millpond.yaml'),
    'serial: [{ path: /dev/ttyACM0, name: shed, profile: arduino }]\n',
  );
  const configured = await rig.run(['decode', '--port', 'shed', 'T: 70.7 F']);
  expect(configured.out).toContain('reading: shed · temperature = 21.5 Cel');
  writeFileSync(
    join(rig.folder, 'own.yaml'),
    'profile: own\nformat: text\npatterns: "T: {t:number} F"\nreadings: [{ at: t, metric: x }]\n',
  );
  const tried = await rig.run(['decode', '--port', 'shed', '-p', 'own.yaml', 'T: 70.7 F']);
  expect(tried.out).toContain('x = 70.7');
});

test('check tells of a port whose profile is missing, and of a register that cannot be', async () => {
  writeFileSync(
    join(rig.folder, 'millpond.yaml'),
    `serial:
  - { path: /dev/ttyACM0, name: shed, profile: none }
  - path: /dev/ttyUSB0
    name: bus
    framing: modbus-rtu
    slaves: [{ slave: 1, registers: [{ address: 0, metric: temperature, unit: volt }] }]
`,
  );
  const { code, err } = await rig.run(['check']);
  expect(code).toBe(78);
  expect(err).toContain('serial shed: there is no profile none');
  expect(err).toContain('serial bus, slave 1: "volt" is no unit of temperature');
});

test('the profiles of the config count, and a wrong one is named with its place', async () => {
  writeFileSync(join(rig.folder, 'broken.yaml'), 'profile: [\n');
  const { code, err } = await rig.run(['decode', '-p', 'broken.yaml', '-t', 'a/b', '1']);
  expect(code).toBe(78);
  expect(err).toContain('broken.yaml:');
  expect(err).toContain('code: PROFILE_INVALID');
});

test.each([
  [['-t', 'a/b'], 'there is no payload'],
  [['1'], '--topic'],
  [['-t', 'a/+', '1'], 'wildcard'],
  [['-t', 'a/b', '--hex', 'xyz'], 'not hexadecimal'],
  [['-t', 'a/b', '--file', 'nowhere'], 'cannot read nowhere: ENOENT'],
])('%j is an error of usage', async (args, told) => {
  const { code, out, err } = await rig.run(['decode', ...args]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(told);
});
