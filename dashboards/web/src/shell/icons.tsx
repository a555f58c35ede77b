// The icons, drawn in the colour of the text beside them. They say nothing that a word does not.
import type { ComponentChildren, JSX } from 'preact';

function Icon({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const icons = {
  overview: (
    <Icon>
      <path d="M2.5 10.5h3.2l2-6 4 11 2.2-5h3.6" />
    </Icon>
  ),
  devices: (
    <Icon>
      <rect x="3" y="3" width="5.5" height="5.5" rx="1.3" />
      <rect x="11.5" y="3" width="5.5" height="5.5" rx="1.3" />
      <rect x="3" y="11.5" width="5.5" height="5.5" rx="1.3" />
      <rect x="11.5" y="11.5" width="5.5" height="5.5" rx="1.3" />
    </Icon>
  ),
  live: (
    <Icon>
      <path d="M3 5h14M3 10h9M3 15h11" />
    </Icon>
  ),
  consumers: (
    <Icon>
      <path d="M3 10h9M8.5 6l4 4-4 4M16.5 4v12" />
    </Icon>
  ),
  deadLetters: (
    <Icon>
      <rect x="2.8" y="4.5" width="14.4" height="11" rx="1.8" />
      <path d="M3.5 6l6.5 5 6.5-5" />
    </Icon>
  ),
  losses: (
    <Icon>
      <path d="M10 3.2l7.3 13H2.7zM10 8.3v3.5M10 13.9v.2" />
    </Icon>
  ),
  connect: (
    <Icon>
      <path d="M7 3v4M13 3v4M5 7h10v2.5a5 5 0 0 1-10 0zM10 14.5V18" />
    </Icon>
  ),
  menu: (
    <Icon>
      <path d="M3 6h14M3 10h14M3 14h14" />
    </Icon>
  ),
  search: (
    <Icon>
      <circle cx="9" cy="9" r="5.2" />
      <path d="M13 13l4 4" />
    </Icon>
  ),
  copy: (
    <Icon>
      <rect x="7" y="7" width="9.5" height="9.5" rx="1.8" />
      <path d="M13 7V5.3A1.8 1.8 0 0 0 11.2 3.5H5.3A1.8 1.8 0 0 0 3.5 5.3v5.9A1.8 1.8 0 0 0 5.3 13H7" />
    </Icon>
  ),
  done: (
    <Icon>
      <path d="M4 10.5l4 4 8-9" />
    </Icon>
  ),
  back: (
    <Icon>
      <path d="M12 4.5L6.5 10l5.5 5.5" />
    </Icon>
  ),
  forward: (
    <Icon>
      <path d="M8 4.5l5.5 5.5L8 15.5" />
    </Icon>
  ),
  download: (
    <Icon>
      <path d="M10 3v9.5M6 9l4 4 4-4M3.5 16.5h13" />
    </Icon>
  ),
  warning: (
    <Icon>
      <path d="M10 3.2l7.3 13H2.7zM10 8.3v3.5M10 13.9v.2" />
    </Icon>
  ),
  critical: (
    <Icon>
      <circle cx="10" cy="10" r="7" />
      <path d="M7.5 7.5l5 5M12.5 7.5l-5 5" />
    </Icon>
  ),
  light: (
    <Icon>
      <circle cx="10" cy="10" r="3.3" />
      <path d="M10 2.5v1.7M10 15.8v1.7M2.5 10h1.7M15.8 10h1.7M4.7 4.7l1.2 1.2M14.1 14.1l1.2 1.2M15.3 4.7l-1.2 1.2M5.9 14.1l-1.2 1.2" />
    </Icon>
  ),
  dark: (
    <Icon>
      <path d="M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z" />
    </Icon>
  ),
  auto: (
    <Icon>
      <circle cx="10" cy="10" r="6.8" />
      <path d="M10 3.2v13.6a6.8 6.8 0 0 0 0-13.6z" fill="currentColor" />
    </Icon>
  ),
  plus: (
    <Icon>
      <path d="M10 4v12M4 10h12" />
    </Icon>
  ),
  minus: (
    <Icon>
      <path d="M4 10h12" />
    </Icon>
  ),
} as const;

/** Two waves: the pond. */
export function Logo(): JSX.Element {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <path d="M6 12.5c3.3-3 6.7-3 10 0s6.7 3 10 0" />
      <path d="M6 20c3.3-3 6.7-3 10 0s6.7 3 10 0" opacity=".65" />
    </svg>
  );
}
