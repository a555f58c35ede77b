// The list `serial`: what a port becomes, and what is said of a wrong one.
import { expect, test } from 'vitest';
import { formatProblem } from '../../../src/config/problem.ts';
import { validate } from '../../../src/config/validate.ts';
import { readYaml } from '../../../src/config/yaml-file.ts';

function check(text: string) {
  const file = readYaml('millpond.yaml', text);
  const result = validate(file, []);
  return { ...result, told: [...file.problems, ...result.problems].map(formatProblem) };
}

test('a path is enough', () => {
  const { config, told } = check('serial:\n  - path: /dev/serial/by-id/usb-Arduino_Uno-if00\n');
  expect(told).toEqual([]);
  expect(config.serial).toEqual([
    {
      kind: 'frames',
      name: 'usb-Arduino_Uno-if00',
      path: '/dev/serial/by-id/usb-Arduino_Uno-if00',
      profile: '',
      line: { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 },
      framing: { kind: 'lines', ending: 'any', bytesMax: 8192, idleMs: 0 },
    },
  ]);
});

test('a binary framing gets its marks and checksum', () => {
  const { config, told } = check(`
serial:
  - path: /dev/ttyUSB0
    name: scale
    baudRate: 115200
    parity: even
    framing: length-prefixed
    frame: { start: "AA55", lengthBytes: 2, lengthOrder: little, checksum: crc16-modbus }
`);
  expect(told).toEqual([]);
  expect(config.serial[0]).toMatchObject({
    name: 'scale',
    line: { baudRate: 115_200, parity: 'even' },
    framing: {
      kind: 'length-prefixed',
      start: Buffer.from([0xaa, 0x55]),
      lengthBytes: 2,
      lengthOrder: 'little',
      checksum: { kind: 'crc16-modbus', order: 'little' },
      idleMs: 1000,
    },
  });
});

test('slaves get names, and coils are bits', () => {
  const { config, told } = check(`
serial:
  - path: /dev/ttyUSB1
    name: bus
    framing: modbus-rtu
    interval: 5s
    slaves:
      - slave: 1
        registers:
          - { function: input, address: 1, metric: temperature, scale: 0.1 }
      - slave: 2
        device: pump
        registers:
          - { function: coil, address: 0, metric: state }
`);
  expect(told).toEqual([]);
  expect(config.serial[0]).toMatchObject({
    kind: 'modbus',
    modbus: {
      intervalMs: 5000,
      timeoutMs: 1000,
      slaves: [
        {
          slave: 1,
          device: 'bus:1',
          registers: [{ function: 'input', type: 'uint16', scale: 0.1 }],
        },
        { slave: 2, device: 'pump', registers: [{ function: 'coil', type: 'bit' }] },
      ],
    },
  });
});

test('files are named by their path', () => {
  const { config } = check('serial: [{ path: /sys/bus/w1/devices/28-*/w1_slave, framing: file }]');
  expect(config.serial[0]).toMatchObject({ kind: 'files', name: 'w1_slave', intervalMs: 10_000 });
});

test('everything that is wrong is told, with its place', () => {
  const { told } = check(`
serial:
  - path: ttyUSB0
  - path: /dev/ttyUSB1
    framing: delimiter
  - path: /dev/ttyUSB1
    name: other
    baudrate: 9600
  - path: /dev/ttyUSB3
    framing: fixed
    frame: { start: AA5, length: 4 }
  - path: /dev/ttyUSB4
    framing: modbus-rtu
  - path: /dev/ttyUSB5
    framing: modbus-rtu
    slaves:
      - slave: 300
        registers: [{ address: 0, metric: temperature }]
      - slave: 3
        registers: [{ address: 0, metric: temperature, type: bit }]
`);
  const expected = [
    [/^millpond\.yaml:3:\d+: serial\[0\]\.path is "ttyUSB0"; expected an absolute path/],
    [
      /^millpond\.yaml:4:\d+: serial\[1\]\.frame\.delimiter is empty/,
      /serial\[1\]\.frame\.delimiter/,
    ],
    [/:8:\d+: serial\[2\]\.baudrate is not an option; did you mean serial\[2\]\.baudRate/],
    [/serial\[2\]\.path is \/dev\/ttyUSB1, as is that of an entry above it/],
    [/:11:\d+: serial\[3\]\.frame\.start is "AA5"; expected two hex digits/],
    [/serial\[4\]\.slaves is empty; say which slaves to poll/],
    [/:17:\d+: serial\[5\]\.slaves\[0\]\.slave is 300; expected a whole number from 1 to 247/],
  ];
  for (const patterns of expected) {
    expect(told.some((line) => patterns.some((pattern) => pattern.test(line)))).toBe(true);
  }
});

test('a register may be no bit, and two slaves not have one address', () => {
  const { told } = check(`
serial:
  - path: /dev/ttyUSB5
    framing: modbus-rtu
    slaves:
      - { slave: 3, registers: [{ address: 0, metric: temperature, type: bit }] }
      - { slave: 3, registers: [{ address: 1, metric: temperature }] }
`);
  expect(told).toHaveLength(2);
  expect(told.join('\n')).toContain('serial[0].slaves[0].registers[0].type is bit in a table');
  expect(told.join('\n')).toContain('serial[0].slaves[1].slave is 3, as is that of an entry');
});
