// `millpond ports`: the ports of a machine out of /sys and /dev, without udevadm, and what talks there.
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { portLines } from '../../src/cli/ports/port-lines.ts';
import { listPorts, listSensors } from '../../src/sources/serial/list-ports.ts';
import { listen } from '../../src/sources/serial/listen.ts';
import { recognise } from '../../src/sources/serial/recognise.ts';
import { program } from '../support/gateway.ts';
import { hasSocat, PtyPair } from '../support/pty.ts';
import { tempFolder } from '../support/temp-folder.ts';

function put(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), `${text}\n`);
}

function link(root: string, path: string, target: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(target, join(root, path));
}

/** A machine as Linux describes it: an Arduino, a bare UART, a slot without hardware, a console. */
function machine(): string {
  const root = tempFolder();
  const usb = 'sys/devices/usb1/1-1';
  put(root, `${usb}/idVendor`, '2341');
  put(root, `${usb}/idProduct`, '0043');
  put(root, `${usb}/manufacturer`, 'Arduino (www.arduino.cc)');
  put(root, `${usb}/product`, 'Uno\u001b[2J');
  put(root, `${usb}/1-1:1.0/tty/ttyACM0/dev`, '166:0');
  put(root, 'sys/devices/serial8250/tty/ttyS0/type', '4');
  put(root, 'sys/devices/serial8250/tty/ttyS1/type', '0');
  put(root, 'sys/devices/virtual/tty/tty0/dev', '4:0');
  link(root, 'sys/class/tty/ttyACM0', '../../devices/usb1/1-1/1-1:1.0/tty/ttyACM0');
  link(root, `${usb}/1-1:1.0/tty/ttyACM0/device`, '../../../1-1:1.0');
  for (const name of ['ttyS0', 'ttyS1']) {
    link(root, `sys/class/tty/${name}`, `../../devices/serial8250/tty/${name}`);
    link(root, `sys/devices/serial8250/tty/${name}/device`, '../../../serial8250');
  }
  link(root, 'sys/class/tty/tty0', '../../devices/virtual/tty/tty0');
  link(root, 'dev/serial/by-path/pci-0-usb-0:1:1.0', '../../ttyACM0');
  link(root, 'dev/serial/by-id/usb-Arduino_Uno_7543-if00', '../../ttyACM0');
  put(root, 'sys/bus/w1/devices/28-0000010edf01/w1_slave', 'x');
  return root;
}

test('ports are found without udevadm, with their lasting names and what they say they are', async () => {
  expect(await listPorts(machine())).toEqual([
    {
      path: '/dev/ttyACM0',
      link: '/dev/serial/by-id/usb-Arduino_Uno_7543-if00',
      product: 'Arduino (www.arduino.cc) Uno[2J',
      usb: '2341:0043',
    },
    { path: '/dev/ttyS0', link: null, product: '', usb: '' },
  ]);
  expect(await listPorts(tempFolder())).toEqual([]);
});

test('the table says which name to use, and what to write into the config', async () => {
  const root = machine();
  const ports = await listPorts(root);
  const sensors = await listSensors(root);
  expect(sensors).toEqual([join(root, 'sys/bus/w1/devices/28-0000010edf01/w1_slave')]);
  const heard = { ...recognise(Buffer.from('Temp: 21.5 C\r\n')), baudRate: 9600 };
  const lines = portLines(
    ports.map((port) => ({ ...port, heard: port.usb === '' ? null : heard })),
    sensors,
  );
  expect(lines[1]).toContain('/dev/serial/by-id/usb-Arduino_Uno_7543-if00');
  expect(lines).toContain(
    '  - { path: /dev/serial/by-id/usb-Arduino_Uno_7543-if00, baudRate: 9600, profile: arduino }',
  );
  expect(lines.at(-1)).toContain('framing: file, profile: onewire');
  expect(portLines([], [])).toEqual(['No serial port is there.']);
});

test.each([
  ['NMEA 0183', '6*4E\r\n$WIXDR,C,23.4,C,0,H,65,P,0*50\r\n'],
  ['smart meter (P1)', '/ISK5\r\n\r\n1-0:1.8.1(000004.426*kWh)\r\n'],
  ['MySensors', '12;6;1;0;0;36.5\n'],
  ['JeeLink', 'OK 9 1 1 4 150 66\r\n'],
  ['Vaisala WXT', '0R2,Ta=23.6C,Ua=14.2P,Pa=1026.6H\r\n'],
  ['JSON lines', '5}\r\n{"t":21.5}\r\n'],
  ['labels and numbers', 'Humidity: 57.90 %\tTemperature: 22.40 C\r\n'],
  ['plain numbers', '21.5\r\n'],
  ['text of no known form', 'hello there\r\n'],
  ['bytes, or another baud rate', '\x80\xf8\x80\xf8\x86\x00\x1e\xe0'],
  ['silent', ''],
])('%s is recognised', (what, text) => {
  expect(recognise(Buffer.from(text, 'latin1')).what).toBe(what);
});

describe.skipIf(!hasSocat)('listening', () => {
  test('tells what talks on a port', async () => {
    const pair = await PtyPair.open(tempFolder(), 'tty');
    const heard = listen(pair.port, 30_000);
    let isHeard = false;
    void heard.then(() => {
      isHeard = true;
    });
    // Opening a port empties it, so the device goes on talking.
    while (!isHeard) {
      await pair.write('$WIXDR,C,23.4,C,0,H,65,P,0*50\r\n').catch(() => undefined);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await heard).toMatchObject({ what: 'NMEA 0183', baudRate: 9600 });
    await pair.close();
  });

  test('says why a port cannot be listened to', async () => {
    const heard = await listen(join(tempFolder(), 'none'), 10);
    expect(heard).toMatchObject({ what: expect.stringContaining('is not there'), baudRate: 0 });
  });
});

test('the command lists this machine’s ports, whatever they are', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [program, 'ports', ...args], { encoding: 'utf8' });
  const { status, stdout } = run('--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ ports: expect.any(Array), sensors: expect.any(Array) });
  expect(run('--listen', 'x').stderr).toContain('--listen takes seconds');
});
