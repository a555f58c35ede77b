// What stands where there is nothing to show: a problem with what to do, or what a newcomer can do.
import type { ComponentChildren, JSX } from 'preact';
import { Problem } from '../api/client.ts';

interface ProblemNoteProps {
  readonly title: string;
  readonly text: string;
  readonly code?: string;
}

export function ProblemNote({ title, text, code = '' }: ProblemNoteProps): JSX.Element {
  return (
    <div class="note is-problem" role="alert">
      <h2>{title}</h2>
      <p>{text}</p>
      {code !== '' && <p class="quiet">Code {code}</p>}
    </div>
  );
}

/** The gateway's own words; nothing while the connection is lost, for the banner says that. */
export function AnswerProblem({ problem }: { readonly problem: Error | null }): JSX.Element | null {
  if (!(problem instanceof Problem) || problem.status === 503) return null;
  return <ProblemNote title={problem.message} text={problem.remedy} code={problem.code} />;
}

interface EmptyNoteProps {
  readonly title: string;
  readonly children: ComponentChildren;
}

export function EmptyNote({ title, children }: EmptyNoteProps): JSX.Element {
  return (
    <div class="note">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
