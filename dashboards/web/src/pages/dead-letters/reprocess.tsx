// Decodes dead letters again by the profiles that the gateway has now, and says what came of it.
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Reprocessed } from '../../api/reader-answers.ts';
import { type LetterFilter, reprocess } from '../../api/readers.ts';
import { countOf, countText } from '../../format/numbers.ts';
import { AnswerProblem } from '../../parts/notes.tsx';

interface ReprocessProps {
  /** Completes `Decode … again`. */
  readonly what: string;
  readonly filter: LetterFilter;
  readonly done: () => void;
}

export function Reprocess({ what, filter, done }: ReprocessProps): JSX.Element {
  const [sum, setSum] = useState<Reprocessed | null>(null);
  const [isRunning, setRunning] = useState(false);
  const [problem, setProblem] = useState<Error | null>(null);
  const end = useRef(new AbortController());
  useEffect(() => () => end.current.abort(), []);

  const run = async (): Promise<void> => {
    setRunning(true);
    setProblem(null);
    setSum(null);
    try {
      await reprocess(filter, end.current.signal, setSum);
    } catch (error) {
      if (!end.current.signal.aborted) setProblem(error as Error);
    }
    if (end.current.signal.aborted) return;
    setRunning(false);
    done();
  };

  return (
    <div class="reprocess">
      <button type="button" class="button" disabled={isRunning} onClick={run}>
        Decode {what} again
      </button>
      <p role="status">{textOf(sum, isRunning)}</p>
      <AnswerProblem problem={problem} />
    </div>
  );
}

function textOf(sum: Reprocessed | null, isRunning: boolean): string {
  if (sum === null) return isRunning ? 'Decoding…' : '';
  const { reprocessed, readings, kept } = sum;
  const done = `${countOf(reprocessed, 'message')} understood, ${countOf(readings, 'reading')} stored`;
  const rest = kept > 0 ? `; ${countText(kept)} still not understood` : '';
  return `${isRunning ? 'So far: ' : ''}${done}${rest}.`;
}
