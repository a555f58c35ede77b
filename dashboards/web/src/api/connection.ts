// Whether the gateway answers, and what its clock says. Every request reports here; the banner and
// the pages read it.
import { createStore } from './store.ts';

export type Connection =
  | { readonly state: 'connected' }
  | { readonly state: 'lost' }
  /** It answers, but its log is not open or does not answer. */
  | { readonly state: 'waiting'; readonly message: string };

const connected: Connection = { state: 'connected' };
const lost: Connection = { state: 'lost' };

export const connection = createStore<Connection>(connected);

export function reportAnswer(): void {
  connection.set(connected);
}

export function reportLost(): void {
  connection.set(lost);
}

export function reportWaiting(message: string): void {
  const now = connection.get();
  if (now.state === 'waiting' && now.message === message) return;
  connection.set({ state: 'waiting', message });
}

/** Gateway's clock minus the browser's: ages are told by the gateway's. */
let clockAheadMs = 0;

export function reportClock(gatewayNow: string): void {
  clockAheadMs = Date.parse(gatewayNow) - Date.now();
}

/** Milliseconds since the Unix epoch by the gateway's clock. */
export function gatewayNowMs(): number {
  return Date.now() + clockAheadMs;
}
