// Where the ways in and out listen: `host:port` as text, and why one could not listen there, in the
// gateway's own errors.

import { MillpondError } from './errors.ts';

export interface ListenAddress {
  /** A host name or an IP address; an IPv6 address without its brackets. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** As the options have it: an IPv6 address gets its brackets. */
export function formatAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** PORT_IN_USE, PORT_DENIED or ADDRESS_UNUSABLE, naming the option that has the address. */
export function explainListenFailure(
  option: string,
  listen: ListenAddress,
  cause: Error,
): MillpondError {
  const what = `${option}: ${formatAddress(listen)}`;
  // gRPC's server passes on the text of the system's error alone, without its code.
  const { message } = cause;
  if (message.includes('EADDRINUSE')) {
    return new MillpondError('PORT_IN_USE', `${what} is taken`, { cause });
  }
  if (message.includes('EACCES')) {
    return new MillpondError('PORT_DENIED', `${what} may not be bound`, { cause });
  }
  return new MillpondError('ADDRESS_UNUSABLE', `${what} cannot be used (${message})`, { cause });
}
