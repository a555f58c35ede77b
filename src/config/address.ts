// Addresses to listen on, as `host:port`, and which of them only this machine can reach.

import { isIPv4, isIPv6 } from 'node:net';
import type { ListenAddress } from '../core/listen-address.ts';

const bracketed = /^\[([^[\]]+)\]:(\d{1,5})$/;
const plain = /^([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?):(\d{1,5})$/;
const digitsAndDots = /^[\d.]+$/;

/** The inverse of formatAddress; null if the text is not `host:port` or `[IPv6]:port` with a port up to 65535. */
export function parseAddress(text: string): ListenAddress | null {
  const match = bracketed.exec(text) ?? plain.exec(text);
  const host = match?.[1];
  const port = Number(match?.[2]);
  if (host === undefined || !(port <= 65_535)) return null;
  if (text.startsWith('[')) return isIPv6(host) ? { host, port } : null;
  // What looks like an IPv4 address must be one: `127.0.1` would silently mean 127.0.0.1.
  if (digitsAndDots.test(host) && !isIPv4(host)) return null;
  return { host, port };
}

/** True for 127.0.0.0/8, ::1 and localhost. Other names are not looked up, so they are not. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === 'localhost') return true;
  if (isIPv4(name)) return name.startsWith('127.');
  if (!isIPv6(name)) return false;
  // The URL parser brings every spelling of an IPv6 address to one.
  const canonical = new URL(`http://[${name.split('%', 1)[0]}]`).hostname;
  return canonical === '[::1]' || canonical.startsWith('[::ffff:7f');
}
