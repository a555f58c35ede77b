// Dark, light, or as the system has it. Kept in the browser; charts draw themselves again on change.
import { createStore } from '../api/store.ts';

export type Theme = 'auto' | 'light' | 'dark';

const key = 'millpond.theme';
const prefersDark = matchMedia('(prefers-color-scheme: dark)');

function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(key);
    return stored === 'light' || stored === 'dark' ? stored : 'auto';
  } catch {
    return 'auto';
  }
}

export const theme = createStore<Theme>(storedTheme());

/** What is on the screen. */
export const shownTheme = createStore<'light' | 'dark'>('light');

function show(): void {
  const wanted = theme.get();
  const shown = wanted === 'auto' ? (prefersDark.matches ? 'dark' : 'light') : wanted;
  document.documentElement.dataset.theme = shown;
  shownTheme.set(shown);
}

export function setTheme(wanted: Theme): void {
  try {
    localStorage.setItem(key, wanted);
  } catch {
    // A browser that keeps nothing shows it until the page is closed.
  }
  theme.set(wanted);
}

export function startTheme(): void {
  show();
  theme.subscribe(show);
  prefersDark.addEventListener('change', show);
}
