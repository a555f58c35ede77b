// Where the gateway is reached, from the addresses that it listens on and the one in the browser.

export interface Endpoint {
  readonly host: string;
  readonly port: string;
}

export interface Reach {
  /** From the gateway's own machine, or from where the browser is. */
  readonly near: Endpoint;
  /** From a device in the network; right only once the gateway listens there. */
  readonly far: Endpoint;
  /** Nothing outside the gateway's machine gets through. */
  readonly isLoopback: boolean;
}

const anywhere = new Set(['0.0.0.0', '::']);

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** `listen` is `host:port` as in the ready line; an IPv6 host stands in brackets. */
export function reachOf(listen: string, hostName: string, browserHost: string): Reach {
  const colon = listen.lastIndexOf(':');
  const port = listen.slice(colon + 1);
  const host = unbracketed(listen.slice(0, colon));
  const asked = unbracketed(browserHost);
  const isLoopback = isLoopbackHost(host);
  if (isLoopback) return { near: { host, port }, far: { host: hostName, port }, isLoopback };
  if (!anywhere.has(host)) return { near: { host, port }, far: { host, port }, isLoopback };
  const near = asked === '' ? hostName : asked;
  const far = isLoopbackHost(near) ? hostName : near;
  return { near: { host: near, port }, far: { host: far, port }, isLoopback };
}

function unbracketed(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

/** As `host:port`. */
export function endpointText({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
