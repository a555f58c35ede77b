// The frame around every page: navigation, the state of the gateway and of the connection, the theme.
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { usePolled } from '../api/polled.ts';
import { readStatus } from '../api/resources.ts';
import { ConnectionBanner } from './connection-banner.tsx';
import { GatewayState } from './gateway-state.tsx';
import { icons, Logo } from './icons.tsx';
import { PageOutlet } from './page-outlet.tsx';
import { type Page, pages } from './pages.ts';
import { routeUrl, useRoute } from './router.ts';
import { STATUS_INTERVAL_MS, StatusContext } from './status.ts';
import { ThemeChoice } from './theme-choice.tsx';

export function App(): JSX.Element {
  const route = useRoute();
  const status = usePolled('status', readStatus, STATUS_INTERVAL_MS);
  const [isOpen, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const page = pages.find(({ path }) => path === (route.parts[0] ?? ''));
  const place = route.parts.join('/');

  // A new page begins at its top, and there the keyboard and the screen reader go on.
  useEffect(() => {
    setOpen(false);
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [place]);

  return (
    <StatusContext.Provider value={status}>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <div class="frame">
        <header class="side">
          <div class="brand">
            <a href="#/" aria-label="Millpond, overview">
              <Logo />
              <span>Millpond</span>
            </a>
            <GatewayState />
            <button
              type="button"
              class="menu-button"
              aria-expanded={isOpen}
              aria-controls="navigation"
              onClick={() => setOpen(!isOpen)}
            >
              {icons.menu}
              <span class="unseen">Menu</span>
            </button>
          </div>
          <div id="navigation" class={`side-body ${isOpen ? 'is-open' : ''}`}>
            <nav aria-label="Pages">
              <ul>
                {pages.map((each) => (
                  <NavigationItem key={each.path} page={each} isCurrent={each === page} />
                ))}
              </ul>
            </nav>
            <div class="side-foot">
              <ThemeChoice />
              {status.answer !== null && (
                <p class="version">
                  Millpond {status.answer.version} · <a href="api/v1/openapi.json">REST</a> ·{' '}
                  <a href="metrics">Metrics</a>
                </p>
              )}
            </div>
          </div>
        </header>
        <main id="main" tabIndex={-1} ref={main}>
          <ConnectionBanner />
          <PageOutlet page={page} route={route} />
        </main>
      </div>
    </StatusContext.Provider>
  );
}

interface NavigationItemProps {
  readonly page: Page;
  readonly isCurrent: boolean;
}

function NavigationItem({ page, isCurrent }: NavigationItemProps): JSX.Element {
  return (
    <li>
      <a
        href={routeUrl(page.path === '' ? [] : [page.path])}
        aria-current={isCurrent ? 'page' : undefined}
      >
        {page.icon}
        {page.title}
      </a>
    </li>
  );
}
