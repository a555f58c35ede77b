// One dead letter: why, and its bytes as text and in hex.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { usePolled } from '../../api/polled.ts';
import type { WholeDeadLetter } from '../../api/reader-answers.ts';
import { readDeadLetter } from '../../api/readers.ts';
import { bytesText } from '../../format/numbers.ts';
import { deadLetterText, plain } from '../../format/reasons.ts';
import { fullTimeText } from '../../format/times.ts';
import { AnswerProblem } from '../../parts/notes.tsx';
import { routeUrl } from '../../shell/router.ts';
import { HEX_BYTES_MAX, hexLines } from './hex.ts';
import { Reprocess } from './reprocess.tsx';

/** More than that helps nobody on a screen. */
const TEXT_CHARACTERS_MAX = 10_000;
/** A letter never changes; it only goes. */
const INTERVAL_MS = 60_000;

export function LetterView({ id }: { readonly id: string }): JSX.Element {
  const [rounds, setRounds] = useState(0);
  const { answer, problem } = usePolled(
    `dead-letters/${id}/${rounds}`,
    (signal) => readDeadLetter(id, signal),
    INTERVAL_MS,
  );
  return (
    <section>
      <div class="page-head">
        <div>
          <h1>Dead letter {id}</h1>
          <p class="lead">
            <a href={routeUrl(['dead-letters'])}>all dead letters</a>
          </p>
        </div>
      </div>
      <Reprocess what="it" filter={{ ids: [id] }} done={() => setRounds(rounds + 1)} />
      <AnswerProblem problem={problem} />
      {answer !== null && problem === null && <Letter letter={answer} />}
    </section>
  );
}

function Letter({ letter }: { readonly letter: WholeDeadLetter }): JSX.Element {
  const bytes = Uint8Array.from(atob(letter.payload), (unit) => unit.charCodeAt(0));
  return (
    <div class="cards">
      <div class="card">
        <div class="card-head">
          <h2>Why</h2>
          <span class="quiet">{plain(letter.reason)}</span>
        </div>
        <p>{deadLetterText(letter.reason)}</p>
        {letter.detail !== '' && <p class="lead">{letter.detail}</p>}
      </div>
      <div class="card is-wide">
        <div class="card-head">
          <h2>What came</h2>
          <span class="quiet">{bytesText(letter.bytes)}</span>
        </div>
        {letter.text !== null && letter.text !== '' && (
          <>
            <h3 class="letter-kind">As text</h3>
            <pre class="letter-bytes">{letter.text.slice(0, TEXT_CHARACTERS_MAX)}</pre>
          </>
        )}
        <h3 class="letter-kind">In hex</h3>
        {bytes.length === 0 ? (
          <p class="lead">It was empty.</p>
        ) : (
          <pre class="letter-bytes is-hex">{hexLines(bytes)}</pre>
        )}
        {bytes.length > HEX_BYTES_MAX && (
          <p class="lead">The first {bytesText(HEX_BYTES_MAX)} of it.</p>
        )}
      </div>
      <div class="card is-third">
        <div class="card-head">
          <h2>Where from</h2>
        </div>
        <dl class="facts">
          <dt>Topic or port</dt>
          <dd>{letter.topic}</dd>
          <dt>Way in</dt>
          <dd>{letter.source}</dd>
          <dt>Came</dt>
          <dd>{fullTimeText(letter.receivedAt)}</dd>
          <dt>Profile</dt>
          <dd>{letter.profile ?? 'none fits'}</dd>
          {letter.isPartial && (
            <>
              <dt>Other parts of it</dt>
              <dd>became readings</dd>
            </>
          )}
          {letter.isRetained && (
            <>
              <dt>Retained</dt>
              <dd>yes</dd>
            </>
          )}
        </dl>
      </div>
    </div>
  );
}
