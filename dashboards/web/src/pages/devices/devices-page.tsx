// All devices: search, those that are stale alone, and a list that stays smooth with thousands.
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { readDevices } from '../../api/resources.ts';
import { useStore } from '../../api/store.ts';
import { countOf } from '../../format/numbers.ts';
import { AnswerProblem, EmptyNote } from '../../parts/notes.tsx';
import { Welcome } from '../../parts/welcome.tsx';
import { icons } from '../../shell/icons.tsx';
import { type Route, replaceRoute, routeUrl } from '../../shell/router.ts';
import { useStatus } from '../../shell/status.ts';
import { DeviceList } from './device-list.ts';
import { DeviceRows } from './device-rows.tsx';
import './devices.css';

const PAGE_ROWS = 100;
const TYPING_MS = 200;

export function DevicesPage({ route }: { readonly route: Route }): JSX.Element {
  const search = route.query.get('search') ?? '';
  const isStale = route.query.get('stale') === 'true';
  const { answer: status } = useStatus();
  const list = useMemo(
    () =>
      new DeviceList((cursor, signal) => {
        const stale = isStale ? 'true' : undefined;
        const query = { search, stale, limit: PAGE_ROWS, cursor: cursor ?? undefined };
        return readDevices(query, signal);
      }),
    [search, isStale],
  );
  useEffect(() => () => list.close(), [list]);
  const { rows, isComplete, problem } = useStore(list.state);

  return (
    <section>
      <div class="page-head">
        <div>
          <h1>Devices</h1>
          <p class="lead" role="status">
            {foundText(rows.length, isComplete, status?.devices ?? null)}
          </p>
        </div>
        <div class="device-tools">
          <SearchField search={search} isStale={isStale} />
          <nav class="segments" aria-label="Filter">
            <a href={routeUrl(['devices'], { search })} aria-current={isStale ? undefined : 'true'}>
              All
            </a>
            <a
              href={routeUrl(['devices'], { search, stale: 'true' })}
              aria-current={isStale ? 'true' : undefined}
            >
              Stale
            </a>
          </nav>
        </div>
      </div>
      <AnswerProblem problem={problem} />
      <DeviceRows list={list} />
      {isComplete && rows.length === 0 && <NoDevices search={search} isStale={isStale} />}
    </section>
  );
}

function foundText(rows: number, isComplete: boolean, total: number | null): string {
  if (isComplete) return countOf(rows, 'device');
  return total === null ? '' : `${countOf(total, 'device')}, shown as you scroll`;
}

interface FilterProps {
  readonly search: string;
  readonly isStale: boolean;
}

function SearchField({ search, isStale }: FilterProps): JSX.Element {
  const [text, setText] = useState(search);
  const field = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (text === search) return;
    const stale = isStale ? 'true' : '';
    const timer = setTimeout(
      () => replaceRoute(routeUrl(['devices'], { search: text, stale })),
      TYPING_MS,
    );
    return () => clearTimeout(timer);
  }, [text]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== '/' || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      field.current?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  return (
    <label class="search">
      {icons.search}
      <span class="unseen">Search devices by name</span>
      <input
        ref={field}
        class="field"
        type="search"
        placeholder="Search   /"
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </label>
  );
}

function NoDevices({ search, isStale }: FilterProps): JSX.Element {
  if (search !== '') {
    return (
      <EmptyNote title="No device has that in its name">
        <p>The search looks for “{search}” in any part of the name.</p>
        <div class="actions">
          <a class="button" href={routeUrl(['devices'])}>
            Show all devices
          </a>
        </div>
      </EmptyNote>
    );
  }
  if (isStale) {
    return (
      <EmptyNote title="No device is stale">
        <p>None is silent for longer than it usually is.</p>
      </EmptyNote>
    );
  }
  return <Welcome />;
}
