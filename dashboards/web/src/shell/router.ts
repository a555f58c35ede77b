// The address after `#` says what is shown: `#/devices?search=hall`. Hash routes need nothing of the
// server, so the dashboard also works below any path of a reverse proxy.
import { createStore, useStore } from '../api/store.ts';

export interface Route {
  /** Decoded parts between the slashes: `#/devices/a%2Fb` has `devices` and `a/b`. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  /** As it stands in the address, without `#`. */
  readonly text: string;
}

export function parseRoute(hash: string): Route {
  const text = hash.replace(/^#/, '') || '/';
  const [path = '', query = ''] = text.split('?', 2);
  const parts = path.split('/').filter((part) => part !== '');
  return { parts: parts.map(decoded), query: new URLSearchParams(query), text };
}

/** A hand-typed `%` that encodes nothing stays as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const route = createStore(parseRoute(location.hash));
window.addEventListener('hashchange', () => route.set(parseRoute(location.hash)));

export function useRoute(): Route {
  return useStore(route);
}

/** A link's address: `routeUrl(['devices', name], { range: '1h' })`. Empty parameters are left out. */
export function routeUrl(
  parts: readonly string[],
  query: Readonly<Record<string, string>> = {},
): string {
  const filled = Object.entries(query).filter(([, value]) => value !== '');
  const text = new URLSearchParams(filled).toString();
  return `#/${parts.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

/** Changes the address without a new entry in the history: filters while they are typed. */
export function replaceRoute(url: string): void {
  history.replaceState(null, '', url);
  route.set(parseRoute(location.hash));
}
