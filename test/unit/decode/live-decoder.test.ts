// The decoder that runs: a reload parses what has changed, in turns, and counts as a whole.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { LiveDecoder } from '../../../src/decode/live-decoder.ts';
import { loadInSteps } from '../../../src/decode/load-profiles.ts';
import { ParsedFiles } from '../../../src/decode/parsed-files.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { messageOf } from './messages.ts';

let folder: string;
beforeEach(() => {
  folder = tempFolder();
});

function write(name: string, metric: string): void {
  const readings = `readings: [{ at: v, metric: ${metric} }]`;
  const yaml = `profile: ${name}\nmatch: ["${name}/{device}"]\nformat: json\n${readings}\n`;
  writeFileSync(join(folder, `${name}.yaml`), yaml);
}

function open(): LiveDecoder {
  return new LiveDecoder({
    builtInFolder: null,
    folders: [folder],
    ports: [],
    maxClockSkewUs: 1e12,
  });
}

const metricOf = (decoder: LiveDecoder, name: string) =>
  decoder.decode(messageOf(`${name}/x`, '{"v":1}')).readings[0]?.metric;

test('each changed file is a step of its own, and one that did not change is none', () => {
  const parsed = new ParsedFiles();
  const steps = () => {
    const load = loadInSteps({ builtInFolder: null, folders: [folder] }, parsed);
    let count = 0;
    for (;;) {
      const { done, value } = load.next();
      if (done === true) return [count, value.profiles.map(({ name }) => name), parsed.size];
      count += 1;
    }
  };
  for (const name of ['a', 'b', 'c']) write(name, 'one');
  expect(steps()).toEqual([3, ['a', 'b', 'c'], 3]);
  expect(steps()).toEqual([0, ['a', 'b', 'c'], 3]);
  write('b', 'two');
  writeFileSync(join(folder, 'c.yaml'), 'profile: c\nformt: json\n');
  expect(steps()).toEqual([2, ['a', 'b'], 3]);
  // What is wrong is told again, though it is not parsed again.
  const { value } = loadInSteps({ builtInFolder: null, folders: [folder] }, parsed).next();
  expect(value?.errors.length).toBeGreaterThan(0);
  expect(loadInSteps({ builtInFolder: null, folders: [] }, parsed).next().done).toBe(true);
  expect(parsed.size).toBe(0);
});

test('messages are decoded by the old profiles until all of the new ones are there', async () => {
  for (const name of ['a', 'b', 'c']) write(name, 'one');
  const decoder = open();
  for (const name of ['a', 'b', 'c']) write(name, 'two');
  let isDone = false;
  const reloading = decoder.reload().finally(() => {
    isDone = true;
  });
  const seen = new Set<string>();
  for (let turn = 0; turn < 1000 && !isDone; turn += 1) {
    seen.add(['a', 'b', 'c'].map((name) => metricOf(decoder, name)).join(' '));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await reloading).toBe(3);
  seen.add(['a', 'b', 'c'].map((name) => metricOf(decoder, name)).join(' '));
  expect([...seen]).toEqual(['one one one', 'two two two']);
});

test('of two reloads at once the later one counts, and one with a mistake changes nothing', async () => {
  write('a', 'one');
  const decoder = open();
  write('a', 'two');
  const first = decoder.reload();
  const second = decoder.reload();
  expect(await Promise.all([first, second])).toEqual([1, 1]);
  expect(metricOf(decoder, 'a')).toBe('two');
  writeFileSync(join(folder, 'b.yaml'), 'profile: b\nformt: json\n');
  write('a', 'three');
  await expect(decoder.reload()).rejects.toThrow('b.yaml:2:1');
  expect(metricOf(decoder, 'a')).toBe('two');
  write('b', 'one');
  await decoder.reload();
  expect([metricOf(decoder, 'a'), metricOf(decoder, 'b')]).toEqual(['three', 'one']);
});
