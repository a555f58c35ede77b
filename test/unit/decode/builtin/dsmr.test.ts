// Telegrams of smart meters: meter, tariffs, phases, times, the CRC, and meters behind the meter.
import { expect, test } from 'vitest';
import { computeChecksum } from '../../../../src/core/checksum.ts';
import type { BuiltinRecord } from '../../../../src/decode/builtin/contract.ts';
import { createDsmrDecoder } from '../../../../src/decode/builtin/dsmr.ts';

function telegram(...lines: string[]): string {
  const body = `/ISK5\\2M\r\n\r\n${lines.join('\r\n')}\r\n!`;
  const crc = computeChecksum('crc16-arc', Buffer.from(body)).toString(16).toUpperCase();
  return `${body}${crc.padStart(4, '0')}\r\n`;
}

function decode(text: string) {
  const records: BuiltinRecord[] = [];
  const outcomes: string[] = [];
  createDsmrDecoder().decode(
    Buffer.from(text),
    { topic: 'meter', receivedAtUs: 0, device: 'port', argument: '', isPast: false },
    {
      isOver: false,
      add: (record) => records.push(record),
      wantRebirth: () => outcomes.push('rebirth'),
      drop: (reason) => outcomes.push(reason),
      reject: (reason) => outcomes.push(reason),
    },
  );
  return { records, outcomes };
}

const summerUs = Date.parse('2024-07-01T10:00:00Z') * 1000;

test('tells import from export, tariffs and phases apart, all of one meter and time', () => {
  const { records, outcomes } = decode(
    telegram(
      '1-3:0.2.8(50)',
      '0-0:1.0.0(240701120000S)',
      '0-0:96.1.1(4B38)',
      '1-0:1.8.1(000004.426*kWh)',
      '1-0:2.8.1(000002.444*kWh)',
      '1-0:1.7.0(00.244*kW)',
      '1-0:2.7.0(00.100*kW)',
      '1-0:52.7.0(0230.0*V)',
      '1-0:71.7.0(0.86*A)',
      '1-0:99.97.0(0)(0-0:96.7.19)',
      '1-0:32.36.0(00000)',
    ),
  );
  expect(outcomes).toEqual([]);
  const common = { device: '4B38', timeUs: summerUs };
  expect(records).toEqual([
    { name: 'energy', channel: '1.8.1', value: 4.426, unit: 'kWh', ...common },
    { name: 'energy', channel: '2.8.1', value: 2.444, unit: 'kWh', ...common },
    { name: 'power', channel: '', value: 0.244, unit: 'kW', ...common },
    { name: 'power', channel: '2.7.0', value: 0.1, unit: 'kW', ...common },
    { name: 'voltage', channel: 'L2', value: 230, unit: 'V', ...common },
    { name: 'current', channel: 'L3', value: 0.86, unit: 'A', ...common },
  ]);
});

test('a gas meter has its own time, and a time without a zone is none', () => {
  const { records } = decode(
    telegram(
      '0-0:1.0.0(240701120000)',
      '0-1:24.2.1(240701115500S)(00981.443*m3)',
      '1-0:1.7.0(1*W)',
    ),
  );
  expect(records).toEqual([
    {
      name: 'volume',
      channel: 'bus 1',
      device: 'port',
      value: 981.443,
      unit: 'm3',
      timeUs: summerUs - 300_000_000,
    },
    { name: 'power', channel: '', device: 'port', value: 1, unit: 'W' },
  ]);
});

test('a wrong or missing CRC refuses all of it; meters that never send one are read', () => {
  const sound = telegram('1-3:0.2.8(50)', '1-0:1.7.0(00.244*kW)');
  expect(decode(sound.replace('0.244', '0.245'))).toEqual({ records: [], outcomes: ['checksum'] });
  expect(decode(sound.replace(/![0-9A-F]{4}/, '!'))).toEqual({
    records: [],
    outcomes: ['checksum'],
  });
  expect(decode('/A\r\n1-0:1.7.0(1*W)\r\n!\r\n').records).toHaveLength(1);
  expect(decode('1-0:1.7.0(1*W)').outcomes).toEqual(['malformed']);
  expect(decode('/A\r\n!\r\n').outcomes).toEqual(['no_measurement']);
});
