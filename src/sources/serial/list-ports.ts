// Which serial ports the machine has, out of /sys and /dev. serialport's own list asks udevadm, which
// small systems and containers do not have.

import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { findFiles } from './file-reader.ts';

export interface FoundPort {
  /** As the kernel calls it: /dev/ttyUSB0. */
  readonly path: string;
  /** Under /dev/serial/by-id, or by-path where the device has no name of its own; null for neither. */
  readonly link: string | null;
  /** What the device says that it is; empty for one that says nothing. */
  readonly product: string;
  /** `vendor:product` of USB, as 2341:0043; empty for what is not USB. */
  readonly usb: string;
}

const PORTS_MAX = 256;
/** A slot of the 8250 driver without hardware behind it has type 0. */
const NO_HARDWARE = '0';
/** From the port's own folder up to that of the USB device. */
const USB_DEPTH_MAX = 4;

/** `root` stands in for / in tests. Never rejects: what cannot be read is left out. */
export async function listPorts(root = '/'): Promise<FoundPort[]> {
  const links = await linksByPort(root);
  const folder = join(root, 'sys/class/tty');
  const names = (await namesIn(folder)).slice(0, PORTS_MAX * 4);
  const found: FoundPort[] = [];
  for (const name of names) {
    const device = await realpath(join(folder, name, 'device')).catch(() => null);
    if (device === null || found.length === PORTS_MAX) continue;
    if ((await textOf(join(folder, name, 'type'))) === NO_HARDWARE) continue;
    const path = join('/dev', name);
    found.push({ path, link: links.get(path) ?? null, ...(await usbOf(device)) });
  }
  return found.toSorted((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
}

/** The files of 1-wire thermometers. */
export async function listSensors(root = '/'): Promise<string[]> {
  const files = await findFiles(join(root, 'sys/bus/w1/devices/*-*/w1_slave'));
  return files.map(({ path }) => path);
}

async function linksByPort(root: string): Promise<Map<string, string>> {
  const links = new Map<string, string>();
  // by-id comes first: it is the device's name, by-path only that of the socket.
  for (const kind of ['by-id', 'by-path']) {
    const folder = join(root, 'dev/serial', kind);
    for (const name of await namesIn(folder)) {
      const target = await readlink(join(folder, name)).catch(() => null);
      if (target === null) continue;
      const path = join('/dev', basename(target));
      if (!links.has(path)) links.set(path, join('/dev/serial', kind, name));
    }
  }
  return links;
}

async function usbOf(device: string): Promise<Pick<FoundPort, 'product' | 'usb'>> {
  let folder = device;
  for (let depth = 0; depth < USB_DEPTH_MAX; depth += 1) {
    const vendor = await textOf(join(folder, 'idVendor'));
    if (vendor !== '') {
      const [product, maker, name] = await Promise.all(
        ['idProduct', 'manufacturer', 'product'].map((file) => textOf(join(folder, file))),
      );
      const words = [maker, name].filter((word) => word !== '').join(' ');
      return { product: printable(words), usb: `${vendor}:${product}` };
    }
    folder = dirname(folder);
  }
  return { product: '', usb: '' };
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

async function textOf(file: string): Promise<string> {
  return (await readFile(file, 'utf8').catch(() => '')).trim();
}

/** A device may call itself anything. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\uffff]/g, '').slice(0, 80);
}
