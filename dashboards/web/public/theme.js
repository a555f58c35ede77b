// Runs before anything is seen, so that a dark page never begins with a white flash; theme.ts goes on.
const stored = (() => {
  try {
    return localStorage.getItem('millpond.theme');
  } catch {
    return null;
  }
})();
const isDark =
  stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
