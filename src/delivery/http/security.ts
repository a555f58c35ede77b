// Who may ask: a browser on this network must not be made to ask by somebody else's page. A name that
// was bound to this address (DNS rebinding) is refused by its Host, a page of another site by its
// Origin, and what is sent tells browsers what they may do with it.

import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { MillpondError } from '../../core/errors.ts';

/** Of every answer. */
export const securityHeaders = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

/** A request, or an upgrade that no hook sees. */
type Asking = Pick<IncomingMessage, 'headers'>;

/** The names under which this machine is asked, in small letters; `others` are those of the option. */
export function ownNames(others: readonly string[], machine = hostname()): ReadonlySet<string> {
  const whole = machine.toLowerCase();
  const first = whole.split('.')[0] ?? whole;
  const names = ['localhost', whole, first, `${first}.local`];
  return new Set([...names, ...others.map((name) => name.toLowerCase())]);
}

/** Throws HOST_REFUSED. */
export function checkHost({ headers }: Asking, names: ReadonlySet<string>): void {
  const host = hostOf(headers.host ?? '');
  if (host !== null && (isIP(host) !== 0 || names.has(host))) return;
  const text = `${JSON.stringify(headers.host ?? '')} is no name of this gateway.`;
  throw new MillpondError('HOST_REFUSED', text);
}

/** Of what changes something or stays open. Programs send no Origin. Throws ORIGIN_REFUSED. */
export function checkOrigin({ headers }: Asking): void {
  const { origin, host = '' } = headers;
  if (origin === undefined) return;
  const own = [`http://${host}`, `https://${host}`].map((text) => text.toLowerCase());
  if (own.includes(origin.toLowerCase())) return;
  const text = `A page of ${JSON.stringify(origin)} may not ask this of the gateway.`;
  throw new MillpondError('ORIGIN_REFUSED', text);
}

/** Without port, brackets and a last dot; null for what is no host. */
function hostOf(header: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:/?#@\s[\]]+?)\.?)(?::\d{1,5})?$/i.exec(header);
  return match === null ? null : (match[1] ?? match[2] ?? '').toLowerCase();
}
