// Below a list, newest first, of which not all is shown: a way to as many as are given at once, and
// then where the rest is.
import type { JSX } from 'preact';
import { countText } from '../format/numbers.ts';

export const FIRST_ROWS = 100;
/** The most that REST gives at once. */
const ROWS_MAX = 1000;

interface MoreRowsProps {
  readonly rows: number;
  readonly show: (rows: number) => void;
  /** The command that lists all of them. */
  readonly command: string;
}

export function MoreRows({ rows, show, command }: MoreRowsProps): JSX.Element {
  if (rows >= ROWS_MAX) {
    return (
      <p class="lead">
        These are the newest {countText(ROWS_MAX)}; <code>{command}</code> lists all.
      </p>
    );
  }
  return (
    <button type="button" class="button more-rows" onClick={() => show(ROWS_MAX)}>
      Show older ones
    </button>
  );
}
