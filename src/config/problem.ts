// What is wrong with a config or a profile: where, what, and what would be right.

export interface Problem {
  /** The file as it was named, or `environment`. */
  readonly file: string;
  /** From 1; 0 where there is no line to point at. */
  readonly line: number;
  /** From 1; 0 where there is no line to point at. */
  readonly column: number;
  /** The option, as `mqtt.listen`, or the variable; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong. */
  readonly message: string;
  /** What would be right; empty when the message says it all. */
  readonly remedy: string;
}

/** What does not hold between options, each of which is right by itself. */
export interface Contradiction {
  /** Numbers are places in a list. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly remedy: string;
  /** It is an address that others than this machine can reach while nobody is asked who they are. */
  readonly isOpen: boolean;
}

/** One line, in the form that editors and terminals turn into a link: `file:line:column: …`. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, path, message, remedy } = problem;
  const place = line > 0 ? `${file}:${line}:${column}` : file;
  const subject = path === '' ? '' : `${path} `;
  return `${place}: ${subject}${message}${remedy === '' ? '' : `; ${remedy}`}`;
}
