// The built command as a person meets it: what it prints where, and how it ends.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millpond-cli-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function millpond(args: readonly string[], environment: Record<string, string> = {}) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const env = { PATH: process.env.PATH, ...environment };
    const child = execFile(
      process.execPath,
      [main, ...args],
      { cwd: folder, env },
      (_, out, err) => {
        resolve({ code: child.exitCode ?? -1, out, err });
      },
    );
  });
}

test('--help goes to standard output and ends with 0', async () => {
  const { code, out, err } = await millpond(['--help']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('Usage: millpond');
});

test('without a command the help goes to standard error and it ends with 2', async () => {
  const { code, out, err } = await millpond([]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('Usage: millpond');
});

test.each([
  [['serv'], "unknown command 'serv'\n(Did you mean serve?)"],
  [['check', '--confg', 'x'], "unknown option '--confg'\n(Did you mean --config?)"],
  [['check', 'x'], 'too many arguments'],
])('a wrong command line ends with 2: %j', async (args, told) => {
  const { code, out, err } = await millpond(args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(told);
  expect(err).toContain('code: USAGE');
});

test('check finds the defaults, and millpond.yaml in the current folder', async () => {
  expect(await millpond(['check'])).toMatchObject({ code: 0, err: '' });
  writeFileSync(join(folder, 'millpond.yaml'), 'log: { commitInterval: 200ms }\n');
  const { code, out } = await millpond(['check']);
  expect(code).toBe(0);
  expect(out).toContain('millpond.yaml');
});

test.each(['check', 'serve'])('%s tells every config error and ends with 78', async (command) => {
  writeFileSync(join(folder, 'my.yaml'), 'mqtt:\n  lisen: x\n  packetBytesMax: huge\n');
  const { code, err } = await millpond([command, '--config', 'my.yaml'], {
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
  const { code, err } = await millpond(['check']);
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
  const { code, err } = await millpond(['check']);
  expect(code).toBe(78);
  expect(err).toContain('mine/pump.yaml: example 1 comes out otherwise');
  expect(err).toMatch(/says: {2}north \|.*\| pressure \| 100 \| hPa/);
  expect(err).toMatch(/is: {4}north \|.*\| pressure \| 1000 \| hPa/);
  expect(err).toContain('code: PROFILE_INVALID');
});

test('a config file that is not there is an error only when it was named', async () => {
  const { code, err } = await millpond(['check', '--config', 'none.yaml']);
  expect(code).toBe(78);
  expect(err).toContain('cannot read the config file none.yaml: there is no such file');
  expect(err).toContain('code: CONFIG_NOT_FOUND');
});

test('serve refuses to listen to others unless that is allowed', async () => {
  const { code, err } = await millpond(['serve'], { MILLPOND_MQTT_LISTEN: '0.0.0.0:0' });
  expect(code).toBe(78);
  expect(err).toContain('MILLPOND_MQTT_LISTEN is 0.0.0.0:0');
  expect(err).toContain('allowAnonymous: true');
  expect(err).toContain('code: LISTEN_OPEN');
});
