// Which readings the tail shows: a stream, and patterns for device and metric, kept in the address.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { StreamStatus } from '../../api/answers.ts';
import type { TailFilter } from '../../api/live-tail.ts';
import { replaceRoute, routeUrl } from '../../shell/router.ts';

const TYPING_MS = 500;

interface FiltersProps {
  readonly filter: TailFilter;
  readonly streams: readonly StreamStatus[];
}

export function Filters({ filter, streams }: FiltersProps): JSX.Element {
  const show = (part: Partial<TailFilter>): void =>
    replaceRoute(routeUrl(['live'], { ...filter, ...part }));
  return (
    <form class="tail-filters" onSubmit={(event) => event.preventDefault()}>
      {(streams.length > 1 || filter.stream !== '') && (
        <label>
          <span>Stream</span>
          <select
            class="field"
            value={filter.stream}
            onChange={(event) => show({ stream: event.currentTarget.value })}
          >
            {[...new Set(['', ...streams.map(({ stream }) => stream), filter.stream])].map(
              (name) => (
                <option key={name} value={name}>
                  {name || 'readings (default)'}
                </option>
              ),
            )}
          </select>
        </label>
      )}
      <Pattern label="Device" text={filter.device} changed={(device) => show({ device })} />
      <Pattern label="Metric" text={filter.metric} changed={(metric) => show({ metric })} />
    </form>
  );
}

interface PatternProps {
  readonly label: string;
  readonly text: string;
  readonly changed: (text: string) => void;
}

function Pattern({ label, text, changed }: PatternProps): JSX.Element {
  const [typed, setTyped] = useState(text);
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => changed(typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <label>
      <span>{label}</span>
      <input
        class="field"
        type="search"
        placeholder="any, or a pattern: hall-*"
        autocomplete="off"
        spellcheck={false}
        maxLength={256}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
    </label>
  );
}
