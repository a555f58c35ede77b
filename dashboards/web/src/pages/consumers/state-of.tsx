// How a consumer does, in a word or two.
import type { JSX } from 'preact';
import type { Consumer } from '../../api/reader-answers.ts';
import { stallText } from '../../format/reasons.ts';
import { durationText } from '../../format/times.ts';

interface StateProps {
  readonly consumer: Consumer;
  readonly nowMs: number;
}

export function StateOf({ consumer, nowMs }: StateProps): JSX.Element {
  const { stall, lag, subscriptions, isGroup } = consumer;
  if (stall !== null) {
    const since = durationText(nowMs - Date.parse(stall.since));
    return (
      <span class="state is-warning">
        {stallText(stall.reason)}, {since}
      </span>
    );
  }
  if (lag === 0) return <span class="state is-good">Has everything</span>;
  if (isGroup) return <span class="state is-good">Working</span>;
  return subscriptions > 0 ? (
    <span class="state is-good">Reading</span>
  ) : (
    <span class="state">Away</span>
  );
}
