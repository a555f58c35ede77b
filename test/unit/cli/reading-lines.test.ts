// What `millpond tail` prints for each reading.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gapJson, readingJson } from '../../../src/cli/tail/reading-json.ts';
import { gapLine, ReadingLines } from '../../../src/cli/tail/reading-lines.ts';
import { type Look, plainLook } from '../../../src/cli/terminal/look.ts';
import { textWidth } from '../../../src/cli/terminal/text-width.ts';
import { type DeepPartial, Reading } from '../../../src/generated/millpond/v1/reading.ts';

process.env.TZ = 'UTC';
const atUs = 1748779200123456n;

function reading(parts: DeepPartial<Reading> = {}): Reading {
  return Reading.fromPartial({
    offset: 7n,
    device: 'boiler',
    metric: 'temperature',
    value: { $case: 'number', value: 21.5 },
    unit: 'Cel',
    measuredAtUs: atUs,
    receivedAtUs: atUs,
    quality: 1,
    source: 'mqtt',
    ...parts,
  });
}

function line(parts: DeepPartial<Reading>): string {
  return new ReadingLines().format([reading(parts)])[0]!;
}

test('a line has time, offset, device, metric, value and unit, and ends there when all is well', () => {
  expect(line({})).toBe(
    '2025-06-01 12:00:00.123+00:00       7  boiler        temperature      21.5 Cel',
  );
});

test('the lines of a batch stand in columns, with one for channels if there are any', () => {
  const lines = new ReadingLines().format([
    reading({ device: 'a' }),
    reading({ device: 'greenhouse-north-3', channel: 'DS18B20-1', offset: 123456789n }),
  ]);
  expect(lines.map((text) => text.slice(30))).toEqual([
    '         7  a                              temperature      21.5 Cel',
    ' 123456789  greenhouse-north-3  DS18B20-1  temperature      21.5 Cel',
  ]);
});

test('a name beyond the widest column is shown whole and does not widen the rest', () => {
  const long = 'x'.repeat(100);
  const table = new ReadingLines();
  expect(table.format([reading({ device: long })])[0]).toContain(long);
  expect(table.format([reading()])[0]!.length).toBeLessThan(100);
});

test('quality is told only when it is not good', () => {
  expect(line({ quality: 3 })).toMatch(/Cel {2}\(retained\)$/);
  expect(line({ quality: 4 })).toMatch(/Cel {2}\(redelivered\)$/);
  expect(line({ quality: 2 })).toMatch(/Cel {2}\(clock suspect\)$/);
  expect(line({ quality: 2, measuredAtUs: 0n })).toMatch(
    /^1970-01-01 00:00:00.000\+00:00 .*\(clock suspect, came 2025-06-01 12:00:00.123\+00:00\)$/,
  );
});

test('values: no digits that no sensor has, texts in quotes', () => {
  expect(line({ value: { $case: 'number', value: 21.499999999999996 } })).toContain(' 21.5 Cel');
  expect(line({ value: { $case: 'number', value: 1e-9 } })).toContain(' 1e-9 Cel');
  expect(line({ value: { $case: 'text', value: 'open "x"' }, unit: '' })).toMatch(
    /"open \\"x\\""$/,
  );
});

const terminal = (width: number): Look => ({ ...plainLook, width });

test('on a narrow terminal the time says less first, then the longest names are cut', () => {
  const one = reading({ device: 'greenhouse-north-3', channel: 'DS18B20-1' });
  const lineAt = (width: number) => new ReadingLines(terminal(width)).format([one])[0];
  expect([120, 90, 85, 75, 60].map(lineAt)).toEqual([
    '2025-06-01 12:00:00.123+00:00       7  greenhouse-north-3  DS18B20-1  temperature      21.5 Cel',
    '2025-06-01 12:00:00.123       7  greenhouse-north-3  DS18B20-1  temperature      21.5 Cel',
    '06-01 12:00:00.123       7  greenhouse-north-3  DS18B20-1  temperature      21.5 Cel',
    '06-01 12:00:00       7  greenhouse-n…  DS18B20-1  temperature      21.5 Cel',
    '06-01 12:00:00       7  green…  DS18B…  temper…     21.5 Cel',
  ]);
});

test('a time of another year than the one in which it came keeps its year', () => {
  const old = { quality: 2, measuredAtUs: 0n } as const;
  const [text] = new ReadingLines(terminal(80)).format([reading(old)]);
  expect(text).toMatch(/^1970-01-01 {11}7 .* Cel {2}\(clock suspect\)$/);
  expect(new ReadingLines(terminal(88)).format([reading(old)])[0]).toMatch(
    /^1970-01-01 00:00 {9}7/,
  );
});

test('columns never become narrower, so that lines do not jump back and forth', () => {
  const lines = new ReadingLines(terminal(200));
  const [before = ''] = lines.format([reading({ device: 'greenhouse-north-3' })]);
  const [after = ''] = lines.format([reading({ device: 'a', quality: 3 })]);
  expect(after.indexOf('temperature')).toBe(before.indexOf('temperature'));
  expect(after).toMatch(/Cel {2}\(retained\)$/);
});

test('wide characters take the columns that they have', () => {
  const rows = [reading({ device: '温度計-北' }), reading({ device: 'boiler' })];
  const [wide = '', narrow = ''] = new ReadingLines(terminal(100)).format(rows);
  expect(textWidth(wide)).toBe(textWidth(narrow));
  expect(new ReadingLines().format(rows)[0]).toContain('温度計-北     temperature');
});

test('colours tell apart devices, and what is in doubt', () => {
  const look: Look = {
    ...plainLook,
    width: 200,
    paint: (tone, text) => `<${tone}>${text}</>`,
    paintName: (name, text) => `<${name}>${text}</>`,
  };
  const lineOf = (parts: DeepPartial<Reading>) =>
    new ReadingLines(look).format([reading(parts)])[0];
  expect(lineOf({})).toBe(
    '<faint>2025-06-01 12:00:00.123+00:00</>  <faint>     7</>  <boiler>boiler      </>  temperature  <strong>    21.5</> Cel',
  );
  expect(lineOf({ quality: 2 })).toMatch(/^<warning>2025.*<warning>\(clock suspect\)<\/>$/);
  expect(lineOf({ quality: 3 })).toMatch(/<warning>\(retained\)<\/>$/);
  expect(lineOf({ quality: 4 })).toMatch(/<faint>\(redelivered\)<\/>$/);
  expect(gapLine({ firstOffset: 1n, nextOffset: 2n, reason: 'R' }, look)).toMatch(
    /^<problem>-- gap/,
  );
});

test('whatever the names are, no line is wider than the terminal', () => {
  const name = fc.string({ unit: 'grapheme', maxLength: 50 });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name, name, fc.constantFrom(1, 2, 3, 4))), (all) => {
      const rows = all.map(([device, channel, text, quality]) =>
        reading({ device, channel, quality, value: { $case: 'text', value: text } }),
      );
      for (const shown of new ReadingLines(terminal(70)).format(rows)) {
        expect(textWidth(shown)).toBeLessThanOrEqual(70);
      }
    }),
  );
});

test('a gap is a line of its own', () => {
  expect(gapLine({ firstOffset: 10n, nextOffset: 20n, reason: 'RETENTION' })).toBe(
    '-- gap: offsets 10 to 19 are gone and will not come: 10 readings, RETENTION --',
  );
  expect(gapLine({ firstOffset: 10n, nextOffset: 11n, reason: 'R' })).toContain(
    'offset 10 is gone',
  );
  expect(
    JSON.parse(gapJson('readings', { firstOffset: 10n, nextOffset: 2n ** 60n, reason: 'R' })),
  ).toEqual({
    event: 'gap',
    stream: 'readings',
    firstOffset: '10',
    nextOffset: '1152921504606846976',
    reason: 'R',
  });
});

test('JSON has offsets as texts and times twice', () => {
  const offset = 2n ** 60n + 1n;
  expect(JSON.parse(readingJson('readings', reading({ offset, channel: 'c' })))).toEqual({
    event: 'reading',
    stream: 'readings',
    offset: '1152921504606846977',
    device: 'boiler',
    channel: 'c',
    metric: 'temperature',
    value: 21.5,
    unit: 'Cel',
    measuredAt: '2025-06-01T12:00:00.123456Z',
    measuredAtUs: Number(atUs),
    receivedAt: '2025-06-01T12:00:00.123456Z',
    receivedAtUs: Number(atUs),
    quality: 'good',
    source: 'mqtt',
  });
});

test('whatever the names and texts are, no control character reaches the terminal', () => {
  const nasty = fc.string({ unit: 'binary' });
  const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
  fc.assert(
    fc.property(nasty, nasty, nasty, (device, unit, text) => {
      const parts = reading({
        device,
        channel: device,
        unit,
        value: { $case: 'text', value: text },
      });
      expect(new ReadingLines().format([parts])[0]).not.toMatch(control);
      expect(readingJson(device, parts)).not.toMatch(control);
      expect(JSON.parse(readingJson('s', parts))).toMatchObject({ device, unit, value: text });
      expect(gapLine({ firstOffset: 0n, nextOffset: 1n, reason: text })).not.toMatch(control);
    }),
  );
});
