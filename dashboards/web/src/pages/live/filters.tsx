// Which readings the tail shows: a stream, and patterns for device and metric, kept in the address.
import type { JSX } from 'preact';
import type { StreamStatus } from '../../api/answers.ts';
import type { TailFilter } from '../../api/live-tail.ts';
import { PatternField } from '../../parts/pattern-field.tsx';
import { replaceRoute, routeUrl } from '../../shell/router.ts';

interface FiltersProps {
  readonly filter: TailFilter;
  readonly streams: readonly StreamStatus[];
}

export function Filters({ filter, streams }: FiltersProps): JSX.Element {
  const show = (part: Partial<TailFilter>): void =>
    replaceRoute(routeUrl(['live'], { ...filter, ...part }));
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
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
      <PatternField
        label="Device"
        example="hall-*"
        pattern={filter.device}
        changed={(device) => show({ device })}
      />
      <PatternField
        label="Metric"
        example="*temp*"
        pattern={filter.metric}
        changed={(metric) => show({ metric })}
      />
    </form>
  );
}
