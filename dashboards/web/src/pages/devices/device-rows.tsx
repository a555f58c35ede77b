// The rows that are on the screen, out of a list of any length; arrow keys go from row to row.
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { connection } from '../../api/connection.ts';
import { useStore } from '../../api/store.ts';
import type { DeviceList } from './device-list.ts';
import { DeviceRow } from './device-row.tsx';
import { rowsInView } from './rows-in-view.ts';

const ROW_HEIGHT = 58;
const REFRESH_MS = 3_000;

export function DeviceRows({ list }: { readonly list: DeviceList }): JSX.Element {
  const { rows } = useStore(list.state);
  const { state: connected } = useStore(connection);
  const [range, setRange] = useState({ first: 0, next: 0 });
  const element = useRef<HTMLUListElement>(null);
  const wanted = useRef<number | null>(null);

  useEffect(() => {
    let frame = 0;
    const look = (): void => {
      frame = 0;
      const top = element.current?.getBoundingClientRect().top ?? 0;
      const seen = rowsInView(top, innerHeight, ROW_HEIGHT, list.state.get().rows.length);
      setRange((old) => (old.first === seen.first && old.next === seen.next ? old : seen));
      void list.show(seen.first, seen.next);
    };
    const later = (): void => {
      frame ||= requestAnimationFrame(look);
    };
    const refresh = (): void => {
      if (!document.hidden) void list.refresh();
    };
    look();
    const timer = setInterval(refresh, REFRESH_MS);
    const unsubscribe = list.state.subscribe(later);
    addEventListener('scroll', later, { passive: true });
    addEventListener('resize', later);
    document.addEventListener('visibilitychange', refresh);
    return () => {
      cancelAnimationFrame(frame);
      clearInterval(timer);
      unsubscribe();
      removeEventListener('scroll', later);
      removeEventListener('resize', later);
      document.removeEventListener('visibilitychange', refresh);
    };
  }, [list]);

  useEffect(() => {
    if (connected === 'connected') void list.refresh();
  }, [list, connected]);

  // A row that the keyboard asked for is focused as soon as it is there.
  useEffect(() => {
    const index = wanted.current;
    if (index === null) return;
    const link = element.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
    if (!link) return;
    wanted.current = null;
    link.focus({ preventScroll: true });
  });

  const goTo = (index: number): void => {
    wanted.current = index;
    const top = (element.current?.getBoundingClientRect().top ?? 0) + index * ROW_HEIGHT;
    const margin = ROW_HEIGHT * 2;
    if (top < margin) scrollBy(0, top - margin);
    else if (top > innerHeight - margin) scrollBy(0, top - innerHeight + margin);
    const link = element.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
    if (!link) return;
    wanted.current = null;
    link.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const link = event.target instanceof Element ? event.target.closest('[data-index]') : null;
    const at = Number(link?.getAttribute('data-index'));
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: rows.length - 1,
    };
    const to = steps[event.key];
    if (link === null || to === undefined || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    goTo(Math.min(Math.max(0, to), rows.length - 1));
  };

  if (rows.length === 0) return <ul ref={element} class="device-rows is-empty" />;
  return (
    <>
      <div class="device-columns" aria-hidden="true">
        <span>Device</span>
        <span>Latest values</span>
        <span>Last hour</span>
        <span>Last seen</span>
      </div>
      <ul
        ref={element}
        class="device-rows"
        aria-label="Devices"
        style={{ height: `${rows.length * ROW_HEIGHT}px` }}
        onKeyDown={onKeyDown}
      >
        {rows.slice(range.first, range.next).map((device, index) => (
          <DeviceRow
            key={device.device}
            device={device}
            index={range.first + index}
            rowCount={rows.length}
            rowHeight={ROW_HEIGHT}
          />
        ))}
      </ul>
    </>
  );
}
