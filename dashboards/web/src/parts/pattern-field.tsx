// A field for a pattern over names: what is typed counts once the typing rests.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { globLengthMax } from '../../../../src/core/glob.ts';

const TYPING_MS = 400;

interface PatternFieldProps {
  readonly label: string;
  readonly example: string;
  readonly pattern: string;
  readonly changed: (pattern: string) => void;
}

export function PatternField({ label, example, pattern, changed }: PatternFieldProps): JSX.Element {
  const [typed, setTyped] = useState(pattern);
  useEffect(() => setTyped(pattern), [pattern]);
  useEffect(() => {
    if (typed === pattern) return;
    const timer = setTimeout(() => changed(typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <label>
      <span>{label}</span>
      <input
        class="field"
        type="search"
        placeholder={`any, or a pattern: ${example}`}
        autocomplete="off"
        spellcheck={false}
        maxLength={globLengthMax}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
    </label>
  );
}
