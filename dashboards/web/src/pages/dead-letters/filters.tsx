// Which dead letters are shown: by reason and by topic, kept in the address.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { deadLetterReasons, plain } from '../../format/reasons.ts';
import { replaceRoute, routeUrl } from '../../shell/router.ts';

const TYPING_MS = 400;

export interface LetterQuery {
  readonly reason: string;
  /** A pattern. */
  readonly topic: string;
}

export function LetterFilters({ query }: { readonly query: LetterQuery }): JSX.Element {
  const [typed, setTyped] = useState(query.topic);
  const show = (part: Partial<LetterQuery>): void =>
    replaceRoute(routeUrl(['dead-letters'], { ...query, ...part }));
  useEffect(() => setTyped(query.topic), [query.topic]);
  useEffect(() => {
    if (typed === query.topic) return;
    const timer = setTimeout(() => show({ topic: typed }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <form class="letter-filters" onSubmit={(event) => event.preventDefault()}>
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
      <label>
        <span>Topic or port</span>
        <input
          class="field"
          type="search"
          placeholder="any, or a pattern: home/*"
          autocomplete="off"
          spellcheck={false}
          maxLength={256}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
    </form>
  );
}
