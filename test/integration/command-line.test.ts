// The built command as a person meets it: what it prints where, and how it ends.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliRig } from './cli-rig.ts';

let rig: CliRig;
let folder = '';

beforeEach(() => {
  rig = new CliRig();
  folder = rig.folder;
});

afterEach(() => rig.close());

test('--help goes to standard output and ends with 0', async () => {
  const { code, out, err } = await rig.run(['--help']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('Usage: millpond');
});

test('without a command the help goes to standard error and it ends with 2', async () => {
  const { code, out, err } = await rig.run([]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('Usage: millpond');
});

test.each([
  [['serv'], "unknown command 'serv'\n(Did you mean serve?)"],
  [['check', '--confg', 'x'], "unknown option '--confg'\n(Did you mean --config?)"],
  [['check', 'x'], 'too many arguments'],
])('a wrong command line ends with 2: %j', async (args, told) => {
  const { code, out, err } = await rig.run(args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(told);
  expect(err).toContain('code: USAGE');
});

test('check finds the defaults, and millpond.yaml in the current folder', async () => {
  expect(await rig.run(['check'])).toMatchObject({ code: 0, err: '' });
  writeFileSync(join(folder, 'millpond.yaml'), 'log: { commitInterval: 200ms }\n');
  const { code, out } = await rig.run(['check']);
  expect(code).toBe(0);
  expect(out).toContain('millpond.yaml');
});

test.each(['check', 'serve'])('%s tells every config error and ends with 78', async (command) => {
  writeFileSync(join(folder, 'my.yaml'), 'mqtt:\n  lisen: x\n  packetBytesMax: huge\n');
  const { code, err } = await rig.run([command, '--config', 'my.yaml'], '', {
    MILLPOND_LOGGER_LEVL: 'info',
  });
  expect(code).toBe(78);
  expect(err).toContain('my.yaml:2:3: mqtt.lisen is not an option; did you mean mqtt.listen?');
  expect(err).toContain('my.yaml:3:19: mqtt.packetBytesMax is "huge"');
  expect(err).toContain(
    'MILLPOND_LOGGER_LEVL names no option; did you mean MILLPOND_LOGGER_LEVEL?',
  );
  expect(err).toContain('code: CONFIG_INVALID');
});

test('check tells errors of config and of profiles in one run', async () => {
  mkdirSync(join(folder, 'mine'));
  writeFileSync(join(folder, 'mine/broken.yaml'), 'name: [\n');
  writeFileSync(join(folder, 'millpond.yaml'), 'profiles: [mine, nowhere]\nhttp: { listen: x }\n');
  const { code, err } = await rig.run(['check']);
  expect(code).toBe(78);
  expect(err).toContain('millpond.yaml:2:17: http.listen is "x"');
  expect(err).toContain('code: CONFIG_INVALID');
  expect(err).toContain('mine/broken.yaml:');
  expect(err).toContain('nowhere:1:1: the folder cannot be read');
  expect(err).toContain('code: PROFILE_INVALID');
});

test('check tells of examples that come out otherwise', async () => {
  mkdirSync(join(folder, 'mine'));
  const profile = `profile: pump
match: ["plant/{device}/pump"]
format: json
readings: [{ at: p, metric: pressure, unit: kPa }]
examples:
  - topic: plant/north/pump
    payload: '{"p":100}'
    readings: [{ device: north, metric: pressure, value: 100, unit: hPa }]
`;
  writeFileSync(join(folder, 'mine/pump.yaml'), profile);
  writeFileSync(join(folder, 'millpond.yaml'), 'profiles: [mine]\n');
  const { code, err } = await rig.run(['check']);
  expect(code).toBe(78);
  expect(err).toContain('mine/pump.yaml: example 1 comes out otherwise');
  expect(err).toMatch(/says: {2}north \|.*\| pressure \| 100 \| hPa/);
  expect(err).toMatch(/is: {4}north \|.*\| pressure \| 1000 \| hPa/);
  expect(err).toContain('code: PROFILE_INVALID');
});

test('a config file that is not there is an error only when it was named', async () => {
  const { code, err } = await rig.run(['check', '--config', 'none.yaml']);
  expect(code).toBe(78);
  expect(err).toContain('cannot read the config file none.yaml: there is no such file');
  expect(err).toContain('code: CONFIG_NOT_FOUND');
});

test('serve refuses to listen to others unless that is allowed', async () => {
  const { code, err } = await rig.run(['serve'], '', { MILLPOND_MQTT_LISTEN: '0.0.0.0:0' });
  expect(code).toBe(78);
  expect(err).toContain('MILLPOND_MQTT_LISTEN is 0.0.0.0:0');
  expect(err).toContain('allowAnonymous: true');
  expect(err).toContain('code: LISTEN_OPEN');
});
