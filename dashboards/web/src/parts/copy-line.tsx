// Lines to type elsewhere, with a button that copies them.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { icons } from '../shell/icons.tsx';

interface CopyLineProps {
  readonly text: string;
  /** What the lines are, for the button's name. */
  readonly name: string;
}

const DONE_MS = 2_000;

export function CopyLine({ text, name }: CopyLineProps): JSX.Element {
  const [isDone, setDone] = useState(false);

  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => setDone(false), DONE_MS);
    return () => clearTimeout(timer);
  }, [isDone]);

  return (
    <div class="copy-line">
      <pre>
        <code>{text}</code>
      </pre>
      <button
        type="button"
        class="button"
        aria-label={`Copy ${name}`}
        onClick={async () => setDone(await copy(text))}
      >
        {isDone ? icons.done : icons.copy}
        <span aria-live="polite">{isDone ? 'Copied' : 'Copy'}</span>
      </button>
    </div>
  );
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** Browsers give the clipboard to secure pages alone, and a gateway at home is seldom one. */
function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  const active = document.activeElement;
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  if (active instanceof HTMLElement) active.focus();
  return isCopied;
}
