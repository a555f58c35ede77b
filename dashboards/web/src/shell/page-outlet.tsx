// Shows the page of the address: loaded when it is first opened, and kept from then on.
import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { connection } from '../api/connection.ts';
import { useStore } from '../api/store.ts';
import { ProblemNote } from '../parts/notes.tsx';
import { type Page, type PageProps, pages } from './pages.ts';
import { type Route, routeUrl } from './router.ts';

const loaded = new Map<Page, ComponentType<PageProps>>();

interface PageOutletProps {
  readonly page: Page | undefined;
  readonly route: Route;
}

export function PageOutlet({ page, route }: PageOutletProps): JSX.Element | null {
  const [, redraw] = useState(0);
  const [failed, setFailed] = useState<Page | null>(null);
  const { state: connected } = useStore(connection);
  const Shown = page === undefined ? undefined : loaded.get(page);

  useEffect(() => {
    const name = page?.title ?? 'Not found';
    document.title = `${route.parts.slice(1).join('/') || name} · Millpond`;
  }, [page, route]);

  useEffect(() => {
    if (page === undefined || loaded.has(page)) return;
    page.load().then(
      (module) => {
        loaded.set(page, module.default);
        setFailed(null);
        redraw((count) => count + 1);
      },
      () => setFailed(page),
    );
  }, [page, connected]);

  if (page === undefined) return <NotFound />;
  if (Shown !== undefined) return <Shown route={route} />;
  if (failed !== page || connected !== 'connected') return <p class="unseen">Loading</p>;
  return (
    <ProblemNote
      title="This page could not be loaded"
      text="Perhaps the gateway was updated while this page was open. Load it again."
    />
  );
}

function NotFound(): JSX.Element {
  return (
    <section>
      <h1>There is no such page</h1>
      <p class="lead">
        These are there:{' '}
        {pages.map(({ path, title }, index) => (
          <>
            {index > 0 && ', '}
            <a href={routeUrl(path === '' ? [] : [path])}>{title}</a>
          </>
        ))}
        .
      </p>
    </section>
  );
}
