// Three buttons: light, dark, as the system has it.
import type { JSX } from 'preact';
import { useStore } from '../api/store.ts';
import { icons } from './icons.tsx';
import { setTheme, theme } from './theme.ts';

const choices = [
  { theme: 'light', title: 'Light', icon: icons.light },
  { theme: 'dark', title: 'Dark', icon: icons.dark },
  { theme: 'auto', title: 'As the system', icon: icons.auto },
] as const;

export function ThemeChoice(): JSX.Element {
  const chosen = useStore(theme);
  return (
    <fieldset class="segments theme-choice">
      <legend class="unseen">Theme</legend>
      {choices.map((choice) => (
        <button
          key={choice.theme}
          type="button"
          aria-pressed={choice.theme === chosen}
          title={choice.title}
          onClick={() => setTheme(choice.theme)}
        >
          {choice.icon}
          <span class="unseen">{choice.title}</span>
        </button>
      ))}
    </fieldset>
  );
}
