// Which dead letters are shown: by reason and by topic, kept in the address.
import type { JSX } from 'preact';
import { deadLetterReasons, plain } from '../../format/reasons.ts';
import { PatternField } from '../../parts/pattern-field.tsx';
import { replaceRoute, routeUrl } from '../../shell/router.ts';

export interface LetterQuery {
  readonly reason: string;
  /** A pattern. */
  readonly topic: string;
}

export function LetterFilters({ query }: { readonly query: LetterQuery }): JSX.Element {
  const show = (part: Partial<LetterQuery>): void =>
    replaceRoute(routeUrl(['dead-letters'], { ...query, ...part }));
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <label>
        <span>Reason</span>
        <select
          class="field"
          value={query.reason}
          onChange={(event) => show({ reason: event.currentTarget.value })}
        >
          <option value="">any</option>
          {deadLetterReasons.map((reason) => (
            <option key={reason} value={reason}>
              {plain(reason)}
            </option>
          ))}
        </select>
      </label>
      <PatternField
        label="Topic or port"
        example="home/*"
        pattern={query.topic}
        changed={(topic) => show({ topic })}
      />
    </form>
  );
}
