// What had to go: every loss on record, the newest first, with its reason in words.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { usePolled } from '../../api/polled.ts';
import type { Loss } from '../../api/reader-answers.ts';
import { readLosses } from '../../api/readers.ts';
import { countText } from '../../format/numbers.ts';
import { lossText, plain } from '../../format/reasons.ts';
import { timeText } from '../../format/times.ts';
import { FIRST_ROWS, MoreRows } from '../../parts/more-rows.tsx';
import { AnswerProblem, EmptyNote } from '../../parts/notes.tsx';
import { useStatus } from '../../shell/status.ts';
import './losses.css';

const INTERVAL_MS = 10_000;

export default function LossesPage(): JSX.Element {
  const [rows, setRows] = useState(FIRST_ROWS);
  const { answer: status } = useStatus();
  const { answer, problem } = usePolled(
    `losses/${rows}`,
    (signal) => readLosses({ limit: rows }, signal),
    INTERVAL_MS,
  );
  const losses = answer?.losses ?? [];
  const sums = Object.entries(status?.lost ?? {}).filter(([, count]) => count > 0);
  return (
    <section>
      <div class="page-head">
        <div>
          <h1>Losses</h1>
          <p class="lead">
            Nothing goes in silence: received is stored, a dead letter, or on this page.
          </p>
        </div>
      </div>
      <AnswerProblem problem={problem} />
      {answer !== null && losses.length === 0 && (
        <EmptyNote title="Nothing was lost">
          <p>
            Every message that came is stored or a dead letter, and retention took nothing that a
            consumer still wanted. If that ever changes, it stands here with its reason.
          </p>
        </EmptyNote>
      )}
      {losses.length > 0 && (
        <div class="cards">
          {sums.length > 0 && <Sums sums={sums} />}
          <Table losses={losses} />
        </div>
      )}
      {answer !== null && answer.nextCursor !== null && (
        <MoreRows rows={rows} show={setRows} command="millpond losses" />
      )}
    </section>
  );
}

function Sums({ sums }: { readonly sums: readonly (readonly [string, number])[] }): JSX.Element {
  return (
    <div class="card">
      <div class="card-head">
        <h2>In all</h2>
      </div>
      <dl class="facts loss-sums">
        {sums.map(([reason, count]) => (
          <>
            <dt>{lossText(reason)}</dt>
            <dd>{countText(count)}</dd>
          </>
        ))}
      </dl>
    </div>
  );
}

function Table({ losses }: { readonly losses: readonly Loss[] }): JSX.Element {
  return (
    <div class="card">
      <table class="rows losses">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Why</th>
            <th scope="col" class="is-right">
              How many
            </th>
            <th scope="col" class="is-minor">
              Stream
            </th>
            <th scope="col" class="is-minor">
              Offsets
            </th>
          </tr>
        </thead>
        <tbody>
          {losses.map((each, index) => (
            <tr key={`${each.recordedAt} ${index}`}>
              <td class="loss-time">{timeText(each.recordedAt)}</td>
              <td>
                {lossText(each.reason)}
                <small class="quiet">
                  {' '}
                  {plain(each.reason)}
                  {each.detail !== '' && `: ${each.detail}`}
                </small>
              </td>
              <td class="is-right">{countText(each.count)}</td>
              <td class="is-minor">{each.stream ?? '–'}</td>
              <td class="is-minor">{offsetsText(each)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function offsetsText({ firstOffset, nextOffset }: Loss): string {
  if (firstOffset === null || nextOffset === null) return '–';
  const last = String(BigInt(nextOffset) - 1n);
  return last === firstOffset ? firstOffset : `${firstOffset} to ${last}`;
}
