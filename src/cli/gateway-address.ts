// The option --grpc, alike for every command that talks to a running gateway, and the address that a
// listen address is reached at.

import { Option } from 'commander';
import { parseAddress } from '../config/address.ts';
import { MillpondError } from '../core/errors.ts';
import { formatAddress, type ListenAddress } from '../core/listen-address.ts';

export interface GrpcFlags {
  readonly grpc: string;
}

/** The gateway's own variable serves as the default, so that one environment does for both. */
export function grpcOption(): Option {
  return new Option('--grpc <address>', 'where the gateway serves gRPC, as host:port')
    .default('127.0.0.1:50051')
    .env('MILLPOND_GRPC_LISTEN');
}

const loopbackOf: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** As `host:port`; an address that means every interface becomes the loopback one. Throws USAGE. */
export function reachableAddress(address: string): string {
  return formatAddress(reachableEndpoint(address));
}

/** As reachableAddress, in its two parts. Throws USAGE. */
export function reachableEndpoint(address: string): ListenAddress {
  const parsed = parseAddress(address.trim());
  if (parsed === null || parsed.port === 0) {
    const why = parsed === null ? 'is no address' : 'has port 0, which nobody can be reached at';
    throw new MillpondError('USAGE', `"${address}" ${why}; write host:port, as 127.0.0.1:50051`);
  }
  return { host: loopbackOf[parsed.host] ?? parsed.host, port: parsed.port };
}
