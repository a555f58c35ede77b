// Messages that could not be decoded: `#/dead-letters`, and one of them at `#/dead-letters/<number>`.
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { usePolled } from '../../api/polled.ts';
import type { DeadLetter } from '../../api/reader-answers.ts';
import { readDeadLetters } from '../../api/readers.ts';
import { bytesText, countOf } from '../../format/numbers.ts';
import { deadLetterText } from '../../format/reasons.ts';
import { timeText } from '../../format/times.ts';
import { FIRST_ROWS, MoreRows } from '../../parts/more-rows.tsx';
import { AnswerProblem, EmptyNote } from '../../parts/notes.tsx';
import type { PageProps } from '../../shell/pages.ts';
import { routeUrl } from '../../shell/router.ts';
import { useStatus } from '../../shell/status.ts';
import './dead-letters.css';
import { LetterFilters, type LetterQuery } from './filters.tsx';
import { LetterView } from './letter-view.tsx';
import { Reprocess } from './reprocess.tsx';

const INTERVAL_MS = 5_000;

export default function DeadLettersPage({ route }: PageProps): JSX.Element {
  const [, id] = route.parts;
  if (id !== undefined) return <LetterView key={id} id={id} />;
  const query = {
    reason: route.query.get('reason') ?? '',
    topic: route.query.get('topic') ?? '',
  };
  return <List query={query} />;
}

function List({ query }: { readonly query: LetterQuery }): JSX.Element {
  const { answer: status } = useStatus();
  return (
    <section>
      <div class="page-head">
        <div>
          <h1>Dead letters</h1>
          <p class="lead">
            {status === null ? 'Messages' : countOf(status.deadLetters, 'message')} that could not
            be understood: kept whole, to be decoded again when a profile knows them.
          </p>
        </div>
      </div>
      <LetterFilters query={query} />
      <Letters key={JSON.stringify(query)} query={query} />
    </section>
  );
}

function Letters({ query: { reason, topic } }: { readonly query: LetterQuery }): JSX.Element {
  const [rows, setRows] = useState(FIRST_ROWS);
  const [rounds, setRounds] = useState(0);
  const { answer, problem } = usePolled(
    `dead-letters/${JSON.stringify([reason, topic, rows, rounds])}`,
    (signal) => readDeadLetters({ reason, topic, limit: rows }, signal),
    INTERVAL_MS,
  );
  // What was there stays until the next answer: nothing jumps.
  const newest = useRef(answer);
  newest.current = answer ?? newest.current;
  const page = newest.current;
  const isFiltered = reason !== '' || topic !== '';
  const isEmpty = page !== null && page.deadLetters.length === 0;
  return (
    <>
      <AnswerProblem problem={problem} />
      {page !== null && (rounds > 0 || !isEmpty) && (
        <Reprocess
          what={isFiltered ? 'all that fit' : 'all'}
          filter={{ reason, topic }}
          done={() => setRounds(rounds + 1)}
        />
      )}
      {isEmpty && <NoLetters isFiltered={isFiltered} />}
      {page !== null && !isEmpty && <Table letters={page.deadLetters} />}
      {page !== null && page.nextCursor !== null && (
        <MoreRows rows={rows} show={setRows} command="millpond dead-letters" />
      )}
    </>
  );
}

function Table({ letters }: { readonly letters: readonly DeadLetter[] }): JSX.Element {
  return (
    <div class="card scroll-x">
      <table class="rows letters">
        <thead>
          <tr>
            <th scope="col">Number</th>
            <th scope="col" class="is-minor">
              Came
            </th>
            <th scope="col">Topic or port</th>
            <th scope="col">Why</th>
            <th scope="col" class="is-right is-minor">
              Size
            </th>
          </tr>
        </thead>
        <tbody>
          {letters.map((letter) => (
            <tr key={letter.id}>
              <th scope="row">
                <a href={routeUrl(['dead-letters', letter.id])}>{letter.id}</a>
              </th>
              <td class="letter-time is-minor">{timeText(letter.receivedAt)}</td>
              <td class="letter-topic">{letter.topic}</td>
              <td>
                {deadLetterText(letter.reason)}
                <small class="quiet"> {letter.detail}</small>
              </td>
              <td class="is-right is-minor">{bytesText(letter.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function NoLetters({ isFiltered }: { readonly isFiltered: boolean }): JSX.Element {
  if (isFiltered) {
    return (
      <EmptyNote title="No dead letter fits">
        <div class="actions">
          <a class="button" href={routeUrl(['dead-letters'])}>
            Show all dead letters
          </a>
        </div>
      </EmptyNote>
    );
  }
  return (
    <EmptyNote title="Every message was understood">
      <p>
        A message that no profile understands would be kept here with its bytes and the reason,
        instead of being thrown away. Then a profile can be written for it, and it is decoded after
        all, with the time at which it came.
      </p>
    </EmptyNote>
  );
}
