// `millpond dead-letters`: what a broken profile could not read is listed, shown, and after the profile was
// mended decoded again, in order, with its own times, and once. What is thrown away is a loss.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CliRig, publish, type RunningGateway } from './cli-rig.ts';

const rig = new CliRig();
const folder = join(rig.folder, 'profiles');
let gateway: RunningGateway;

function write(rest: string): void {
  const readings = '[{ at: v, metric: temperature }, { at: h, metric: humidity }]';
  const yaml = `profile: mill\nmatch: ["mill/{device}"]\nformat: json\n${rest}\nreadings: ${readings}\n`;
  writeFileSync(join(folder, 'mill.yaml'), yaml);
}

beforeAll(async () => {
  mkdirSync(folder);
  write('');
  gateway = await rig.gateway(['serve'], { MILLPOND_PROFILES: folder });
  await publish(gateway.mqtt, [
    ['mill/a', '{"v":"20","h":40}'],
    ['mill/b', '{"v":"21"}'],
    ['mill/a', '{"v":"warm"}'],
    ['mill/a', '{"v":"22"}'],
    ['plain/note', 'no number'],
  ]);
});
afterAll(() => rig.close());

const command = (...args: string[]) => rig.run([...args, '--grpc', gateway.grpc]);
const linesOf = (out: string) =>
  out
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function readings() {
  const { out } = await command('tail', '--from', 'earliest', '--stop-at-end', '--json');
  return linesOf(out).map(({ device, metric, value, receivedAt }) => ({
    name: `${device} ${metric} ${value}`,
    receivedAt,
  }));
}

test('are listed with their reasons, and shown with their bytes', async () => {
  const listed = linesOf((await command('dead-letters', '--json')).out);
  expect(listed.map(({ topic, reason }) => [topic, reason])).toEqual([
    ['mill/a', 'wrong_type'],
    ['mill/b', 'wrong_type'],
    ['mill/a', 'invalid_number'],
    ['mill/a', 'wrong_type'],
    ['plain/note', 'no_profile'],
  ]);
  expect(listed.map(({ isPartial }) => isPartial)).toEqual([true, false, false, false, false]);
  const one = await command('dead-letters', 'show', '--id', String(listed[1]!.id));
  expect(one.out).toContain('mill/b');
  expect(one.out).toContain('{"v":"21"}');
  const filtered = await command('dead-letters', '--reason', 'no_profile', '--json');
  expect(linesOf(filtered.out).length).toBe(1);
  expect((await command('dead-letters', 'show', '--id', '999')).err).toContain(
    'DEAD_LETTER_UNKNOWN',
  );
});

test('of a mended profile become readings in their order, with their times, once', async () => {
  const listed = linesOf((await command('dead-letters', '--json')).out);
  expect((await readings()).map(({ name }) => name)).toEqual(['a humidity 40']);
  write('coerce: true');
  await command('reload');
  const done = await command('dead-letters', 'reprocess', '--profile', 'mill');
  expect(done.out).toBe('3 dead letters gave 3 readings; 1 is dead still\n');
  const stored = await readings();
  expect(stored.map(({ name }) => name)).toEqual([
    'a humidity 40',
    'a temperature 20',
    'b temperature 21',
    'a temperature 22',
  ]);
  expect(stored.slice(1).map(({ receivedAt }) => receivedAt)).toEqual(
    [0, 1, 3].map((index) => listed[index]!.receivedAt),
  );
  const again = await command('dead-letters', 'reprocess');
  expect(again.out).toBe('0 dead letters gave 0 readings; 2 are dead still\n');
  expect(await readings()).toEqual(stored);
});

test('that are thrown away are gone, and a loss', async () => {
  expect((await command('dead-letters', 'purge')).code).not.toBe(0);
  expect((await command('dead-letters', 'purge', '--profile', 'mill')).out).toBe(
    '1 dead letter thrown away\n',
  );
  expect((await command('dead-letters', 'purge', '--all')).out).toBe('1 dead letter thrown away\n');
  expect((await command('dead-letters')).out).toBe('There are no dead letters.\n');
  expect((await command('dead-letters', '--reason', 'x')).out).toBe(
    'There are no such dead letters.\n',
  );
  const losses = linesOf((await command('losses', '--json')).out);
  expect(new Set(losses.map(({ reason }) => reason))).toEqual(new Set(['dead_letters_purged']));
  expect(losses.reduce((sum, { count }) => sum + Number(count), 0)).toBe(2);
});
